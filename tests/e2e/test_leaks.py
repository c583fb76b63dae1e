"""Nothing that identifies a person has left the operational store: lake, warehouse, files, logs, errors."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterator
from pathlib import Path

import httpx
import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from data_quality.leaks import Needles, search_database, search_files
from operational.models import Base
from operational.privacy.token_keys import export_token_keys
from operational.privacy.vault import load_master_key
from pipelines.errors import LandingFailed
from pipelines.land.batch import Order
from pipelines.landing import start_landing
from tests.support import leaks
from tests.support.canary import NOT_KEPT, SEALED, WORDS
from tests.support.exported import Exported
from tests.support.leaks import Place
from tests.support.lived import Lived, listening

pytestmark = pytest.mark.timeout(900)

OURS_ALONE = {"secrets", "run", "processor"}
"""Folders of the state that hold keys, connections and the in-process card processor's own books."""


@pytest.fixture(scope="module")
def identifying(lived: Lived) -> dict[str, set[str]]:
    """Every value that may not leave, by the column it stands in."""
    with psycopg.connect(lived.operational.dsn("admin")) as connection:
        return leaks.harvest(connection)


@pytest.fixture(scope="module")
def values(lived: Lived, identifying: dict[str, set[str]]) -> set[str]:
    """What is searched for: those values, the words planted, and every key."""
    keys = [load_master_key(lived.settings), *(one.key for one in export_token_keys(lived.settings).values())]
    secret = {spelling for key in keys for spelling in (key.hex(), key.decode("latin-1"))}
    return set(WORDS.values()).union(*identifying.values()) | secret | {lived.made.api_key}


@pytest.fixture(scope="module")
def warehouse(lived: Lived) -> list[Place]:
    with psycopg.connect(lived.warehouse.dsn("admin")) as connection:
        return list(leaks.dump(connection, "warehouse"))


@pytest.fixture(scope="module")
def operational(lived: Lived) -> list[Place]:
    with psycopg.connect(lived.operational.dsn("admin")) as connection:
        return list(leaks.dump(connection, "operational"))


def servers_logs(lived: Lived) -> Iterator[Place]:
    for path in sorted(lived.servers.rglob("*.log")):
        yield Place(f"server log {path.parent.name}/{path.name}", path.read_bytes().decode("latin-1"))


def test_every_column_that_must_stay_held_something(identifying: dict[str, set[str]]) -> None:
    """Else finding nothing of it would mean nothing."""
    extracted = {
        mapper.class_.__tablename__ for mapper in Base.registry.mappers if mapper.class_.__extracted__
    }
    empty = [name for name, found in identifying.items() if not found and name.split(".")[0] in extracted]
    assert empty == []


def test_nothing_identifying_is_in_the_lake(lived: Lived, values: set[str]) -> None:
    places = list(leaks.files(lived.settings.home / "lake", "lake"))
    assert len([one for one in places if one.name.endswith("decoded")]) > 30
    assert leaks.search(values, places) == {}


def test_nothing_identifying_is_in_the_warehouse(warehouse: list[Place], values: set[str]) -> None:
    full = {place.name.split(".")[0].removeprefix("warehouse ") for place in warehouse if place.text}
    assert {"raw", "build", "marts", "meta"} <= full
    assert leaks.search(values, warehouse) == {}


def test_nothing_identifying_is_in_a_file_beside_the_stores(
    lived: Lived, values: set[str], exported: Exported
) -> None:
    home = lived.settings.home
    folders = {path.name for path in home.iterdir()} - OURS_ALONE - {"lake"}
    assert {"dbt", "exports"} <= folders
    places = [place for name in sorted(folders) for place in leaks.files(home / name, name)]
    assert any(place.name.startswith("dbt target") for place in places)
    assert any(place.name.startswith("exports ") for place in places)
    assert leaks.search(values, places) == {}


def test_nothing_identifying_was_said(lived: Lived, values: set[str]) -> None:
    said = [Place(name, text) for name, text in lived.said]
    assert {"log", "pipeline's report", "standard output"} <= {place.name for place in said}
    assert any("POST /v1/clients" in place.text for place in said)
    assert leaks.search(values, said) == {}
    logs = list(servers_logs(lived))
    assert len(logs) >= 2
    assert leaks.search(values, logs) == {}


def test_reports_and_exports_show_nothing_identifying(
    lived: Lived, values: set[str], exported: Exported, http: httpx.Client
) -> None:
    places = []
    asked = {"as_of": lived.day, "day": lived.day, "from": lived.day - dt.timedelta(120), "to": lived.day}
    for report in ("ar_aging", "daily_close_out", "daily_revenue"):
        for form in ("json", "csv"):
            sent = {**{name: str(value) for name, value in asked.items()}, "format": form}
            answer = http.get(f"/v1/reports/{report}", params=sent, headers=lived.headers)
            assert answer.status_code == 200
            places.append(Place(f"{report} as {form}", answer.text))
    assert leaks.search(values, places) == {}


PROVOKED = {
    "a client twice refused": ("POST", "/v1/clients", {"first_name": 1, "last_name": WORDS["last name"]}),
    "a telephone number": ("POST", "/v1/clients", {"phone": WORDS["phone"] + "x", "email": WORDS["e-mail"]}),
    "a field that is not there": ("POST", "/v1/clients", {WORDS["street"]: WORDS["city"]}),
    "a check number": ("POST", "/v1/payments", {"check_number": WORDS["check number"] + "!"}),
    "a card token": ("POST", "/v1/payments", {"payment_token": WORDS["payment token"] + " "}),
    "a gift card": ("POST", "/v1/gift-cards/balance", {"code": WORDS["gift card code"] + "?"}),
    "a lot": ("POST", "/v1/lots", {"lot_number": WORDS["lot number"]}),
    "a path": ("GET", f"/v1/clients/{WORDS['e-mail']}", None),
    "a query": ("GET", f"/v1/clients?limit={WORDS['last name']}", None),
    "a report": ("GET", f"/v1/reports/{WORDS['last name']}?as_of={WORDS['note']}", None),
    "a report's date": ("GET", f"/v1/reports/ar_aging?as_of={WORDS['last name']}", None),
    "a cursor": ("GET", f"/v1/reports/ar_aging?as_of=2026-01-01&cursor={WORDS['e-mail']}", None),
    "a link": ("GET", f"/v1/drill-down/invoice/{WORDS['last name']}", None),
    "a segment": ("GET", f"/v1/segments/{WORDS['last name']}/members", None),
    "a file": ("GET", f"/v1/accounting/batches/{uuid.UUID(int=1)}/files/{WORDS['last name']}", None),
}  # fmt: skip


def test_errors_repeat_nothing_that_was_sent(lived: Lived, http: httpx.Client, tmp_path: Path) -> None:
    answers = []
    with listening(tmp_path / "said") as said:
        for what, (method, path, body) in PROVOKED.items():
            answer = http.request(method, path, json=body, headers=lived.headers)
            assert 400 <= answer.status_code < 500, f"{what}: {answer.status_code}"
            answers.append(Place(what, answer.text + str(answer.headers)))
    places = [*answers, *(Place(name, text) for name, text in said), *servers_logs(lived)]
    assert leaks.search(set(WORDS.values()), places) == {}


def test_a_failing_extraction_does_not_print_its_input(lived: Lived, tmp_path: Path) -> None:
    """A cast error quotes what it was given: planted in a generalising function, it must end nowhere."""
    with psycopg.connect(lived.operational.dsn("admin"), autocommit=True) as owner:
        (good,) = owner.execute(
            "select pg_get_functiondef('deid.birth_month(date)'::regprocedure)"
        ).fetchone() or ("",)
        owner.execute(
            "create or replace function deid.birth_month(p date) returns date language sql stable"
            " as $$ select (p::text || 'x')::date $$"
        )
        try:
            elsewhere = lived.settings.model_copy(update={"lake_url": str(tmp_path / "lake")})
            report: list[str] = []
            with listening(tmp_path / "said") as said, pytest.raises(LandingFailed) as caught:
                start_landing(
                    elsewhere, export_token_keys(lived.settings), Order(full=True), report=report.append
                )
        finally:
            owner.execute(good.encode())
    told = Place("the error", caught.value.detail + str(caught.value.extra))
    places = [told, Place("the report", "\n".join(report)), *(Place(name, text) for name, text in said)]
    places += [*servers_logs(lived), *leaks.files(tmp_path, "unfinished")]
    assert "22007" in told.text or "failed" in told.text
    assert leaks.search({WORDS["birth date"]}, places) == {}


def test_the_shipped_search_agrees(lived: Lived, identifying: dict[str, set[str]]) -> None:
    """The one that practices run, with what it is given there; and its control on the operational store."""
    with psycopg.connect(lived.operational.dsn("admin")) as connection:
        names = connection.execute("select first_name, last_name from client").fetchall()
    needles = Needles.of(
        canaries=WORDS.values(),
        phones=identifying["client.phone"],
        emails=identifying["client.email"] | identifying["staff_member.email"],
        names=[(first, last) for first, last in names],
    )
    folders = [path for path in lived.settings.home.iterdir() if path.name not in OURS_ALONE]
    in_files = search_files(needles, folders)
    in_tables = search_database(needles, lived.warehouse.dsn("admin"))
    assert (in_files.found, in_tables.found) == ({}, {})
    assert in_files.searched > 30
    assert in_tables.searched > 100
    there = search_database(needles, lived.operational.dsn("admin"), {"public"})
    assert {"canary", "phone", "email", "name"} <= set(there.found["public.client"])


# --- controls: the same search sees what is there ----------------------------------------------------------


@pytest.mark.parametrize("what", [one for one in WORDS if one not in (*SEALED, *NOT_KEPT)])
def test_the_search_finds_it_in_the_operational_store(operational: list[Place], what: str) -> None:
    assert leaks.search({WORDS[what]}, operational)


@pytest.mark.parametrize("what", SEALED)
def test_sealed_texts_are_not_readable_there_either(operational: list[Place], what: str) -> None:
    assert leaks.search({WORDS[what]}, operational) == {}


def test_what_is_sealed_was_kept_all_the_same(lived: Lived, http: httpx.Client) -> None:
    client = lived.canary_client
    notes = http.get(f"/v1/clients/{client}/notes", headers=lived.headers).text
    records = http.get(f"/v1/clients/{client}/treatment-records", headers=lived.headers).text
    for what, text in (("note", notes), ("addendum", notes), ("treatment details", records)):
        assert WORDS[what] in text


def test_short_values_are_found_as_whole_cells(
    operational: list[Place], identifying: dict[str, set[str]]
) -> None:
    assert "7XQZ" in identifying["gift_card.last_four"]
    assert leaks.search({"7XQZ"}, operational)
    assert leaks.search({"7XQ"}, operational) == {}


def test_the_search_sees_into_every_kind_of_place(lived: Lived, tmp_path: Path) -> None:
    word = WORDS["last name"]
    table = pa.table({"id": [1, 2], "name": ["another", word]})
    pq.write_table(table, tmp_path / "client.parquet", compression="zstd")
    (tmp_path / "hexadecimal.log").write_text(f"\\x{word.encode().hex()}")
    (tmp_path / "binary.bin").write_bytes(b"\0\xff" + word.upper().encode() + b"\0")
    hits = leaks.search({word}, leaks.files(tmp_path, "planted"))
    assert {"planted client.parquet decoded", "planted hexadecimal.log", "planted binary.bin"} <= set(hits)
    with psycopg.connect(lived.warehouse.dsn("admin")) as connection:
        connection.execute("create table raw.planted (id int, body jsonb)")
        connection.execute("insert into raw.planted values (1, %s)", (f'{{"who": "{word}"}}',))
        assert "warehouse raw.planted" in leaks.search({word}, leaks.dump(connection, "warehouse"))
        connection.rollback()
