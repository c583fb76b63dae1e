"""`medspa close-day`: closes, or says what is in the way and exits with 1."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from medspa.cli.main import run
from medspa.kernel.vocabulary import DrawerKind, Tender
from operational.ledger.drawer_count import count_session
from operational.ledger.drawers import open_session, virtual_session
from tests.factories.ledger import TODAY, Books, bill, make_books, pay
from tests.support.databases import Database

pytestmark = pytest.mark.usefixtures("at_noon")


@pytest.fixture
def books(operational: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Books:
    monkeypatch.setenv("MEDSPA_HOME", str(tmp_path))
    monkeypatch.setenv("MEDSPA_OPERATIONAL_APP_DSN", operational.dsn("app"))
    with operational.session("owner") as session:
        return make_books(session)


def _run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, Any]:
    with pytest.raises(SystemExit) as ended:
        run(["close-day", "--json", *arguments])
    out = capsys.readouterr().out
    return int(ended.value.code or 0), json.loads(out) if out else None


def test_it_closes_every_location_and_names_the_actor(
    operational: Database, books: Books, capsys: pytest.CaptureFixture[str]
) -> None:
    with operational.session(org_id=books.org_id) as session:
        invoice = bill(session, books, 900)
        online = virtual_session(session, books.north, DrawerKind.ONLINE)
        pay(session, books, online.id, 900, tender=Tender.CARD, invoice_id=invoice.id)
    status, results = _run(capsys)
    assert status == 0
    assert [(one["location"], one["closed"]) for one in results] == [
        ("Location N", True),
        ("Location S", True),
    ]
    with operational.session("owner") as session:
        days = session.execute(text("select business_date, status from business_day")).all()
        assert days == [(TODAY, "closed")] * 2
        origins = session.execute(
            text("select distinct actor_kind, split_part(origin, ':', 2) from audit.access")
        )
        assert origins.all() == [("operator", "close-day")]


def test_what_is_in_the_way_is_said(
    operational: Database, books: Books, capsys: pytest.CaptureFixture[str]
) -> None:
    with operational.session(org_id=books.org_id) as session:
        opened = open_session(session, books.actor(), books.drawer_id, 0).id
    status, results = _run(capsys, "--location", "N", "--preview")
    assert status == 1
    assert [blocker["code"] for blocker in results[0]["blockers"]] == ["session_uncounted"]
    status, results = _run(capsys, "--location", "N", "--date", str(TODAY))
    assert (status, results[0]["closed"]) == (1, False)
    assert results[0]["blockers"][0]["links"] == [f"/v1/drawer-sessions/{opened}"]
    with operational.session(org_id=books.org_id) as session:
        count_session(session, books.actor(), opened, {}, 0)
    assert _run(capsys, "--location", "N")[0] == 0


@pytest.mark.parametrize("arguments", [["--location", "X"], ["--date", "2026-03-11"], ["--org", "nobody"]])
def test_what_does_not_exist_fails(
    books: Books, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        run(["close-day", *arguments])
    assert ended.value.code == 1
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.strip()
