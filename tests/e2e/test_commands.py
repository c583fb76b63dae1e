"""The command line over the lived day: what it prints for people and programs, and how it ends."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from medspa.cli.main import run
from medspa.local import accounting
from tests.e2e.conftest import Read
from tests.support.exported import Exported
from tests.support.lived import SLUG, Lived

pytestmark = pytest.mark.timeout(900)
SEGMENT = "neurotoxin_due_14_days"


@dataclass(frozen=True)
class Ended:
    """How a command ended and what it printed."""

    code: int
    out: str
    err: str


Medspa = Callable[..., Ended]


@pytest.fixture
def medspa(
    lived: Lived,
    exported: Exported,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Medspa:
    """`medspa(...)` over the lived practice's state folder, in this process."""
    monkeypatch.setenv("MEDSPA_HOME", str(lived.settings.home))
    monkeypatch.setenv("COLUMNS", "160")

    def command(*arguments: str) -> Ended:
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            run(list(arguments))
        return Ended(int(ended.value.code or 0), *capsys.readouterr())

    return command


def test_a_report_for_programs_is_what_the_api_answers(lived: Lived, read: Read, medspa: Medspa) -> None:
    done = medspa("report", "ar_aging", "--org", SLUG, "--as-of", str(lived.day), "--json")
    assert done.code == 0, done.err
    assert json.loads(done.out) == read("ar_aging", as_of=lived.day)["items"]


def test_a_report_of_one_location_as_csv(lived: Lived, http: httpx.Client, medspa: Medspa) -> None:
    asked = ("--from", str(lived.day), "--to", str(lived.day.replace(year=lived.day.year + 1)))
    done = medspa("report", "daily_revenue", "--org", SLUG, "--location", "SOUTH", *asked, "--format", "csv")
    assert done.code == 0, done.err
    sent = {
        "from": asked[1], "to": asked[3], "format": "csv", "location_id": lived.practice.places["SOUTH"],
    }  # fmt: skip
    answer = http.get("/v1/reports/daily_revenue", params=sent, headers=lived.headers)
    assert done.out.splitlines() == answer.text.splitlines()
    assert len(done.out.splitlines()) == 3


def test_a_report_split_and_compared_is_what_the_api_answers(
    lived: Lived, http: httpx.Client, medspa: Medspa
) -> None:
    sent: dict[str, Any] = {
        "from": lived.day.replace(day=1), "to": lived.day.replace(year=lived.day.year + 1), "grain": "month",
        "group_by": ["kind", "location"], "compare": ["previous", "last_year"],
    }  # fmt: skip
    asked = ["--from", str(sent["from"]), "--to", str(sent["to"]), "--grain", "month"]
    for option, values in (("--group-by", sent["group_by"]), ("--compare", sent["compare"])):
        asked += [word for value in values for word in (option, value)]
    codes = ("NORTH", "SOUTH")
    for code in codes:
        asked += ["--location", code]
    done = medspa("report", "revenue", "--org", SLUG, *asked, "--json")
    assert done.code == 0, done.err
    sent |= {"location_id": [lived.practice.places[code] for code in codes]}
    answer = http.get("/v1/reports/revenue", params=sent, headers=lived.headers).json()
    assert json.loads(done.out) == answer["items"]
    assert len(answer["items"]) > 2
    assert any(name.endswith("_last_year_change") for name in answer["items"][0])


def test_a_report_for_people_shows_amounts_and_freshness(lived: Lived, medspa: Medspa) -> None:
    done = medspa("report", "ar_aging", "--org", SLUG, "--as-of", str(lived.day))
    assert done.code == 0, done.err
    assert "750.00 USD" in done.out
    assert "31-60" in done.out
    assert done.err.startswith("certified, data as of ")
    with lived.operational.session("owner") as session:
        origins = session.execute(
            text("select origin from audit.access where org_id = :org and actor_kind = 'operator'"),
            {"org": lived.org_id},
        )
        assert "report:ar_aging" in set(origins.scalars())


WRONG = {
    "no report": (["report"], 2),
    "an option that is not there": (["report", "ar_aging", "--until", "2026-01-01"], 2),
    "a day that does not exist": (["report", "ar_aging", "--org", SLUG, "--as-of", "2026-02-30"], 2),
    "a format that is not there": (["report", "ar_aging", "--org", SLUG, "--format", "xlsx"], 2),
    "a range for a date": (["report", "ar_aging", "--org", SLUG, "--from", "2026-01-01"], 2),
    "no export named": (["export"], 2),
    "a number that is none": (["export", "accounting", "--number", "x"], 2),
    "a split of a report that has one form": (
        ["report", "ar_aging", "--org", SLUG, "--as-of", "2026-01-01", "--group-by", "kind"], 1,
    ),
    "nothing to compare": (
        ["report", "ar_aging", "--org", SLUG, "--as-of", "2026-01-01", "--compare", "previous"], 1,
    ),
    "a grain that is not there": (["report", "revenue", "--org", SLUG, "--grain", "year"], 2),
    "an unknown report": (["report", "profit", "--org", SLUG], 1),
    "an unknown organization": (["report", "ar_aging", "--org", "nobody"], 1),
    "one of several organizations": (["report", "ar_aging"], 1),
    "an unknown location": (["report", "ar_aging", "--org", SLUG, "--location", "EAST"], 1),
    "a range reversed": (
        ["report", "daily_revenue", "--org", SLUG, "--from", "2026-01-02", "--to", "0001-01-01"], 1,
    ),
    "an unknown segment": (["segments", "show", "everybody"], 1),
    "an unknown batch": (["export", "accounting", "--org", SLUG, "--number", "999"], 1),
}  # fmt: skip


@pytest.mark.parametrize("what", WRONG)
def test_wrong_questions_end_with_their_code_and_a_sentence(medspa: Medspa, what: str) -> None:
    arguments, code = WRONG[what]
    done = medspa(*arguments)
    assert (done.code, done.out if code == 1 else "") == (code, "")
    assert "Traceback" not in done.err
    assert done.err.strip()


def test_segments_are_listed_shown_and_evaluated_again(lived: Lived, medspa: Medspa) -> None:
    listed = json.loads(medspa("segments", "list", "--json").out)
    assert SEGMENT in {one["code"] for one in listed}
    shown = json.loads(medspa("segments", "show", SEGMENT).out)
    assert (shown["mart"], shown["due_on"]) == ("client_cycle", "due_on")
    again = medspa("segments", "evaluate", "--org", SLUG, "--as-of", str(lived.day), "--json")
    assert again.code == 0, again.err
    batch = lived.pipeline.batch_id
    evaluated = {one["segment"]: one for one in json.loads(again.out)}
    assert set(evaluated) == {one["code"] for one in listed}
    assert evaluated[SEGMENT] == {
        "segment": SEGMENT, "as_of": str(lived.day), "batch": batch, "members": 2,
    }  # fmt: skip
    with lived.operational.session("owner") as session:
        published = session.execute(
            text("select count(*), bool_and(current) from segment_publication where org_id = :org"),
            {"org": lived.org_id},
        ).one()
        assert tuple(published) == (len(listed), True)


def test_a_batch_is_written_again_byte_for_byte_and_nothing_new_is_left(
    lived: Lived, exported: Exported, medspa: Medspa, tmp_path: Path
) -> None:
    number = exported.rest.number
    done = medspa("export", "accounting", "--org", SLUG, "--number", str(number), "--to", str(tmp_path))
    assert done.code == 0, done.err
    assert f"Batch {number} of {exported.entity.name}" in done.out
    kept = accounting.read_again(lived.operational.engine("app"), lived.org_id, exported.entity.id, number)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {
        file.filename: file.content for file in kept.files
    }
    nothing = medspa("export", "accounting", "--org", SLUG, "--to", str(tmp_path / "none"))
    assert (nothing.code, nothing.out) == (1, "")
    assert "waiting to be exported" in nothing.err
    assert not (tmp_path / "none").exists()
