"""The chart: gates, lots that hold what they give, records and notes that never change once signed."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from medspa.kernel import clock
from medspa.kernel.vocabulary import Permission
from tests.integration.clinical.conftest import Clinic


def chart(clinic: Clinic, **changes: Any) -> Any:
    return clinic.call("POST", "/treatment-records", clinic.treatment(**changes), 201)


def sign(clinic: Clinic, record: Any, expect: int = 200) -> Any:
    etag = f'"{record["version"]}"'
    return clinic.call("POST", f"/treatment-records/{record['id']}/sign", expect=expect, If_Match=etag)


def stock(clinic: Clinic) -> int:
    return int(clinic.call("GET", f"/lots/{clinic.lot_id}")["on_hand_milli"])


def test_a_signed_treatment_takes_its_units_out_of_the_lot(clinic: Clinic) -> None:
    clinic.sign_consent()
    record = chart(clinic)
    assert stock(clinic) == 100_000
    signed = sign(clinic, record)
    assert (signed["status"], stock(clinic)) == ("signed", 60_000)
    assert [one["site"] for one in signed["sites"]] == ["glabella", "forehead"]


def test_charting_waits_for_the_current_consent(clinic: Clinic) -> None:
    refused = clinic.call("POST", "/treatment-records", clinic.treatment(), 409)
    assert [one["gate"] for one in refused["gates"]] == ["consent"]
    overridden = chart(clinic, gate_overrides={"consent": "signed_on_paper"})
    assert overridden["status"] == "draft"
    with clinic.made.database.session("admin") as session:
        kept = session.execute(text("select gate, reason from gate_override")).one()
    assert tuple(kept) == ("consent", "signed_on_paper")


def test_an_override_needs_its_permission(clinic: Clinic) -> None:
    nurse = clinic.made.key([Permission.CHART_WRITE, Permission.CHART_READ])
    answer = clinic.http.post(
        "/v1/treatment-records",
        json=clinic.treatment(gate_overrides={"consent": "signed_on_paper"}),
        headers=nurse,
    )
    assert answer.status_code == 403


def test_an_exam_gate_opens_with_an_exam_of_that_category(clinic: Clinic) -> None:
    clinic.sign_consent()
    with clinic.made.database.session("admin") as session:
        session.execute(text("update service set needs_exam = true"))
    refused = clinic.call("POST", "/treatment-records", clinic.treatment(), 409)
    assert [one["gate"] for one in refused["gates"]] == ["exam"]
    today = clock.now().date()
    exam = {
        "category_id": str(clinic.made.category_id),
        "examined_on": (today - timedelta(days=1)).isoformat(),
        "valid_until": (today + timedelta(days=364)).isoformat(),
    }
    clinic.call("POST", f"/clients/{clinic.client_id}/exams", exam, 201)
    assert chart(clinic)["status"] == "draft"


def test_a_visit_completes_only_with_its_treatment_signed(clinic: Clinic) -> None:
    clinic.sign_consent()
    path = f"/appointments/{clinic.appointment_id}/complete"
    refused = clinic.call("POST", path, {}, 409)
    assert [one["gate"] for one in refused["gates"]] == ["treatment_record"]
    sign(clinic, chart(clinic))
    assert clinic.call("POST", path, {})["status"] == "completed"


def test_an_expired_credential_blocks_charting(clinic: Clinic) -> None:
    clinic.sign_consent()
    with clinic.made.database.session("admin") as session:
        session.execute(text("update credential set valid_until = :on"), {"on": clock.now().date()})
    refused = clinic.call("POST", "/treatment-records", clinic.treatment(), 409)
    assert refused["type"].endswith("credential-missing")


def test_an_expired_lot_is_refused_even_when_it_expired_after_charting(clinic: Clinic) -> None:
    clinic.sign_consent()
    record = chart(clinic)
    with clinic.made.database.session("admin") as session:
        session.execute(text("update product_lot set expires_on = expires_on - 1"))
    assert sign(clinic, record, 409)["type"].endswith("lot-expired")
    refused = clinic.call("POST", "/treatment-records", clinic.treatment(), 409)
    assert refused["type"].endswith("lot-expired")
    assert stock(clinic) == 100_000


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"sites": [{"site": "glabella", "quantity_milli": 39_999}]}, "sites-do-not-sum"),
        ({"quantity_milli": 0}, "validation"),
        ({"quantity_milli": -1}, "validation"),
        ({"lot_id": None}, "invalid"),
        ({"intent": "guess"}, "validation"),
        ({"area": "<script>"}, "validation"),
        ({"details": "bell\u0007"}, "validation"),
        ({"details": "\u202ereversed"}, "validation"),
        ({"next_due_on": "2020-01-01"}, "invalid"),
    ],
)
def test_bad_records_say_what_to_fix_and_leave_nothing(
    clinic: Clinic, changes: dict[str, Any], problem: str
) -> None:
    clinic.sign_consent()
    refused = clinic.call("POST", "/treatment-records", clinic.treatment(**changes), 422)
    assert refused["type"].rsplit(":", 1)[-1] == problem
    with clinic.made.database.session("admin") as session:
        assert session.execute(text("select count(*) from treatment_record")).scalar_one() == 0


def test_more_than_the_lot_holds_is_refused_with_what_it_holds(clinic: Clinic) -> None:
    clinic.sign_consent()
    record = chart(clinic, quantity_milli=100_001, sites=[])
    refused = sign(clinic, record, 409)
    assert (refused["on_hand_milli"], refused["asked_milli"]) == (100_000, 100_001)


def test_two_signatures_at_once_never_take_more_than_the_lot_holds(clinic: Clinic) -> None:
    clinic.sign_consent()
    records = [chart(clinic, quantity_milli=60_000, sites=[]) for _ in range(2)]
    start = threading.Barrier(2)
    codes: list[int] = []

    def press(record: Any) -> None:
        start.wait()
        answer = clinic.http.post(
            f"/v1/treatment-records/{record['id']}/sign",
            headers=clinic.made.headers | {"If-Match": f'"{record["version"]}"'},
        )
        codes.append(answer.status_code)

    threads = [threading.Thread(target=press, args=(record,)) for record in records]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(codes) == [200, 409]
    assert stock(clinic) == 40_000


def test_what_is_signed_never_changes_not_even_for_the_owner(clinic: Clinic) -> None:
    clinic.sign_consent()
    record = sign(clinic, chart(clinic))
    etag = f'"{record["version"]}"'
    path = f"/treatment-records/{record['id']}"
    assert clinic.call("PUT", path, clinic.treatment(), 409, If_Match=etag)["type"].endswith("already-signed")
    for statement in (
        "update treatment_record set quantity_milli = 1",
        "update treatment_site set quantity_milli = 1",
        "delete from treatment_site",
    ):
        with pytest.raises(DBAPIError), clinic.made.database.session("owner") as session:
            session.execute(text(statement))


def test_the_database_refuses_a_signature_whose_sites_do_not_sum(clinic: Clinic) -> None:
    clinic.sign_consent()
    record = chart(clinic)
    with clinic.made.database.session("owner") as session:
        session.execute(text("update treatment_record set quantity_milli = 40001"))
    again = clinic.call("GET", f"/treatment-records/{record['id']}")
    assert sign(clinic, again, 422)["type"].endswith("sites-do-not-sum")
    assert stock(clinic) == 100_000


def test_a_note_is_edited_by_its_author_then_signed_then_only_added_to(clinic: Clinic) -> None:
    note = clinic.call("POST", f"/clients/{clinic.client_id}/notes", {"body": "Tolerated well."}, 201)
    path = f"/notes/{note['id']}"
    clinic.call("PUT", path, {"body": "x"}, 428)
    clinic.call("PUT", path, {"body": "x"}, 412, If_Match='"99"')
    edited = clinic.call("PUT", path, {"body": "Tolerated very well."}, If_Match=f'"{note["version"]}"')
    other = clinic.made.key([Permission.CHART_WRITE, Permission.CHART_READ, Permission.CHART_SIGN])
    refused = clinic.http.put(
        "/v1" + path, json={"body": "y"}, headers=other | {"If-Match": f'"{edited["version"]}"'}
    )
    assert refused.status_code == 403
    signed = clinic.call("POST", path + "/sign", If_Match=f'"{edited["version"]}"')
    clinic.call("PUT", path, {"body": "z"}, 409, If_Match=f'"{signed["version"]}"')
    added = clinic.call("POST", path + "/addenda", {"body": "Called the day after."}, 201)
    assert (added["body"], [one["body"] for one in added["addenda"]]) == (
        "Tolerated very well.",
        ["Called the day after."],
    )


def test_notes_need_chart_permission_and_lie_sealed(clinic: Clinic) -> None:
    clinic.call("POST", f"/clients/{clinic.client_id}/notes", {"body": "Tolerated well."}, 201)
    desk = clinic.made.key([Permission.CLIENT_READ, Permission.BOOKING_WRITE])
    assert clinic.http.get(f"/v1/clients/{clinic.client_id}/notes", headers=desk).status_code == 403
    with clinic.made.database.session("admin") as session:
        assert b"Tolerated" not in bytes(session.execute(text("select body from chart_note")).scalar_one())


def test_a_recall_lists_everybody_treated_from_the_lot_and_records_it(clinic: Clinic) -> None:
    clinic.sign_consent()
    sign(clinic, chart(clinic))
    found = clinic.call("GET", f"/lots/{clinic.lot_id}/clients")
    assert [one["client_id"] for one in found["items"]] == [str(clinic.client_id)]
    with clinic.made.database.session("admin") as session:
        shown = session.execute(
            text("select count(*) from audit.disclosure where view = 'chart.recall'")
        ).scalar_one()
    assert shown == 1


def test_waste_needs_stock_and_a_reason(clinic: Clinic) -> None:
    path = f"/lots/{clinic.lot_id}/waste"
    clinic.call("POST", path, {"quantity_milli": 5_000}, 422)
    clinic.call("POST", path, {"quantity_milli": 100_001, "reason": "spilled"}, 409)
    left = clinic.call("POST", path, {"quantity_milli": 5_000, "reason": "spilled"}, 201)
    assert left["movements"] == {"received": 100_000, "wasted": -5_000}
