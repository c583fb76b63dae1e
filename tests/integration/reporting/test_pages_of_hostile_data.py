"""Pages over hostile names, and what an organization sees of the checks of all of them."""

from __future__ import annotations

import uuid
from typing import Any

from fastapi.testclient import TestClient

from medspa.kernel.vocabulary import Permission
from tests.factories.marts import DAY, NOW, Marts
from tests.factories.organization import OrganizationSetUp
from tests.support.databases import Database
from tests.support.pages import Page

HOSTILE = '"><script>alert(1)</script><b onclick=x style="a">\'&amp;'
INSERT = (
    "insert into meta.tieout_result (build_id, batch_id, level, tieout, org_id, location_id, business_date,"
    " subject, left_minor, right_minor, passed, rows_named, checked_at)"
    " values (%s, 1, 'full', %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"
)


def page(http: TestClient, path: str, headers: dict[str, str], **sent: str) -> Page:
    return Page(http.get(f"/reports{path}", params=sent, headers=headers))


def test_hostile_names_are_only_text(http: TestClient, marts: Marts, made: OrganizationSetUp) -> None:
    for mart, column in (("dim_location", "name"), ("dim_service", "name"), ("dim_staff", "label")):
        marts.connection.execute(f"update marts.{mart} set {column} = %s".encode(), (HOSTILE,))
    shown = page(
        http,
        "/revenue",
        made.headers,
        grain="day",
        group_by="service",
        **{"from": str(DAY), "until": str(DAY)},
    )
    assert shown.table("Revenue").rows[0][1].text == HOSTILE
    assert HOSTILE not in shown.answer.text
    asked = page(http, "/revenue", made.headers, **{"from": HOSTILE, "until": HOSTILE})
    assert asked.answer.status_code == 422
    assert asked.field("from") == HOSTILE[:20]


def results(marts: Marts, build: int, *rows: tuple[Any, ...]) -> None:
    marts.connection.execute(
        "insert into meta.check_run (build_id, level, checked_at) values (%s, 'full', %s)", (build, NOW)
    )
    for tieout, org, place, subject, left, right in rows:
        day = DAY if place else None
        named = ["token-of-a-row"] if left != right else []
        marts.connection.execute(
            INSERT, (build, tieout, org, place, day, subject, left, right, left == right, named, NOW)
        )


def test_checks_show_what_differs_and_nothing_of_others(
    http: TestClient, warehouse: Database, marts: Marts, made: OrganizationSetUp
) -> None:
    place, elsewhere, other = made.locations[0], made.locations[1], uuid.uuid4()
    marts.write("dim_location", made.org_id, location_id=place, name=HOSTILE)
    results(marts, 1, ("ar_control", made.org_id, None, "2 compared", 500, 500))
    results(
        marts,
        2,
        ("ar_control", made.org_id, place, HOSTILE, 700, 650),
        ("ledger_marts", made.org_id, elsewhere, "4000", 900, 930),
        ("ledger_marts", other, place, "of another", 123_456, 99),
        ("lake_raw", None, None, "batch rows", 777_888, 777_888),
        ("suite raw.client", None, None, "expect_column_values_to_be_unique id", 7, 6),
    )
    shown = page(http, "/data-quality", made.headers)
    differences = [[cell.text for cell in cells] for cells in shown.table("Differences").rows]
    assert [row for row in differences if row[0] == "ar_control"] == [
        ["ar_control", HOSTILE, "2 Mar 2026", HOSTILE, "700", "650", "50", "token-of"]
    ]
    assert {row[0] for row in differences} == {"ar_control", "ledger_marts", "suite raw.client"}
    for hidden in ("123,456", "777,888", "of another", HOSTILE):
        assert hidden not in shown.answer.text
    runs = [[cell.text for cell in cells] for cells in shown.table("History, newest run first").rows]
    assert [(run[0], run[4], run[5], run[6]) for run in runs] == [
        ("Run 2", "4", "3", "Failed"),
        ("Run 1", "1", "0", "PassedCertified"),
    ]
    older = page(http, "/data-quality", made.headers, run="1")
    assert [cells[2].exact for cells in older.table("Tie-outs").rows] == ["500"]
    with warehouse.engine("reporting").connect() as connection:
        seen = connection.exec_driver_sql("select count(*) from meta.own_check where tieout <> 'lake_raw'")
        assert seen.scalar_one() == 1  # bound to nobody: the suite, which is of all


def test_a_reader_of_one_location_sees_its_differences_only(
    http: TestClient, marts: Marts, made: OrganizationSetUp
) -> None:
    place, elsewhere = made.locations[0], made.locations[1]
    results(
        marts,
        1,
        ("ar_control", made.org_id, place, "here", 700, 650),
        ("ledger_marts", made.org_id, elsewhere, "there", 900, 930),
    )
    key = made.key([Permission.REPORT_FINANCE], location_id=place)
    shown = page(http, "/data-quality", key)
    assert [cells[3].text for cells in shown.table("Differences").rows] == ["here"]
    assert {cells[1].text for cells in shown.table("Tie-outs").rows} == {"Failed"}
    assert "900" not in shown.answer.text
