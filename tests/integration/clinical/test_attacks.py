"""The chart under attack: moved rows, races, hostile text, other organizations' ids, the trail."""

from __future__ import annotations

import threading
import uuid
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from medspa.kernel import clock
from medspa.kernel.vocabulary import Permission
from tests.factories.organization import organization
from tests.integration.clinical.conftest import Clinic

HOSTILE = (
    "<script>alert('x')</script> \"; drop table client; --\n\t"
    "Žofie \N{ARABIC LETTER ALEF}\N{HEBREW LETTER ALEF}"
)


def chart(clinic: Clinic, **changes: Any) -> Any:
    return clinic.call("POST", "/treatment-records", clinic.treatment(**changes), 201)


def sign(clinic: Clinic, record: Any, expect: int = 200) -> Any:
    path = f"/treatment-records/{record['id']}/sign"
    return clinic.call("POST", path, None, expect, If_Match=f'"{record["version"]}"')


def stock(clinic: Clinic) -> dict[str, int]:
    with clinic.made.database.session("owner") as session:
        rows = session.execute(text("select kind, sum(quantity_milli) from lot_movement group by kind"))
        return {row[0]: int(row[1]) for row in rows}


def test_a_site_cannot_be_moved_into_a_signed_record(clinic: Clinic) -> None:
    clinic.sign_consent()
    signed, draft = sign(clinic, chart(clinic)), chart(clinic)
    move = text(
        "update treatment_site set treatment_record_id = :signed, position = position + 10"
        " where treatment_record_id = :draft"
    )
    moved = {"signed": signed["id"], "draft": draft["id"]}
    with clinic.made.database.session("app", clinic.made.org_id) as session:
        session.execute(text("select audit.open('staff', :a, 'treatment', 'http')"), {"a": uuid.uuid4()})
        with pytest.raises(DBAPIError, match="never changed"):
            session.execute(move, moved)
        session.rollback()
    with clinic.made.database.session("owner") as session:
        with pytest.raises(DBAPIError, match="never changed"):
            session.execute(move, moved)
        session.rollback()
    assert len(clinic.call("GET", f"/treatment-records/{signed['id']}")["sites"]) == 2


def test_signing_and_wasting_at_once_never_take_more_than_there_is(clinic: Clinic) -> None:
    clinic.sign_consent()
    records = [chart(clinic, quantity_milli=30_000, sites=[]) for _ in range(4)]
    codes: list[int] = []
    barrier = threading.Barrier(8)

    def send(path: str, body: Any, headers: dict[str, str]) -> None:
        barrier.wait()
        answer = clinic.http.post("/v1" + path, json=body, headers=clinic.made.headers | headers)
        codes.append(answer.status_code)

    threads = [
        threading.Thread(
            target=send,
            args=(f"/treatment-records/{one['id']}/sign", None, {"If-Match": f'"{one["version"]}"'}),
        )
        for one in records
    ] + [
        threading.Thread(
            target=send,
            args=(f"/lots/{clinic.lot_id}/waste", {"quantity_milli": 30_000, "reason": "spilled"}, {}),
        )
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(codes)[:3] == [code for code in sorted(codes)[:3] if code in (200, 201)]
    assert sorted(codes)[3:] == [409] * 5
    moved = stock(clinic)
    assert moved["received"] == 100_000
    assert sum(moved.values()) == 10_000


@pytest.mark.parametrize("hidden", ["\x00", "\x07", "\x1b[31m", "\u202e", "\u2066", "\ufeff", "\ud800"])
def test_text_that_reorders_or_controls_is_refused_and_says_why(clinic: Clinic, hidden: str) -> None:
    path = f"/clients/{clinic.client_id}/notes"
    if hidden == "\ud800":
        body = b'{"body": "a\\ud800b"}'
        headers = clinic.made.headers | {"content-type": "application/json"}
        answer = clinic.http.post("/v1" + path, content=body, headers=headers)
        assert answer.status_code in (400, 422)
    else:
        problem = clinic.call("POST", path, {"body": f"a{hidden}b"}, 422)
        assert problem["errors"][0]["field"] == "body"
        assert "Remove the" in problem["errors"][0]["message"]
    assert clinic.call("GET", path)["items"] == []


def test_quotes_markup_and_every_script_come_back_as_they_were(clinic: Clinic) -> None:
    path = f"/clients/{clinic.client_id}/notes"
    note = clinic.call("POST", path, {"body": HOSTILE}, 201)
    assert clinic.call("GET", f"/notes/{note['id']}")["body"] == HOSTILE


@pytest.mark.parametrize("quantity", [0, -1, -40_000, 1.5, "forty", 10**12, None])
def test_quantities_that_cannot_be(clinic: Clinic, quantity: Any) -> None:
    clinic.sign_consent()
    clinic.call("POST", "/treatment-records", clinic.treatment(quantity_milli=quantity), 422)
    lot = {
        "product_id": str(clinic.made.product_id),
        "location_id": str(clinic.made.location_id),
        "lot_number": "X1",
        "expires_on": clock.now().date().isoformat(),
        "quantity_milli": quantity,
    }
    clinic.call("POST", "/lots", lot, 422)
    clinic.call(
        "POST", f"/lots/{clinic.lot_id}/waste", {"quantity_milli": quantity, "reason": "spilled"}, 422
    )
    assert stock(clinic) == {"received": 100_000}


def test_a_sentence_is_no_reason(clinic: Clinic) -> None:
    body = {"quantity_milli": 1_000, "reason": "Ada Example dropped it"}
    clinic.call("POST", f"/lots/{clinic.lot_id}/waste", body, 422)
    clinic.call("POST", "/treatment-records", clinic.treatment(area="near Ada's scar"), 422)
    clinic.call("POST", "/treatment-records", clinic.treatment(dilution="for Ada"), 422)
    assert stock(clinic) == {"received": 100_000}


def test_another_organizations_ids_are_unknown(clinic: Clinic) -> None:
    clinic.sign_consent()
    record = chart(clinic)
    note = clinic.call("POST", f"/clients/{clinic.client_id}/notes", {"body": "Private."}, 201)
    other = organization(clinic.made.database)
    tried = {
        ("GET", f"/clients/{clinic.client_id}/notes"): None,
        ("GET", f"/notes/{note['id']}"): None,
        ("POST", f"/clients/{clinic.client_id}/notes"): {"body": "x"},
        ("POST", f"/notes/{note['id']}/sign"): None,
        ("POST", f"/notes/{note['id']}/addenda"): {"body": "x"},
        ("GET", f"/treatment-records/{record['id']}"): None,
        ("POST", f"/treatment-records/{record['id']}/sign"): None,
        ("POST", "/treatment-records"): clinic.treatment(),
        ("GET", f"/clients/{clinic.client_id}/treatment-records"): None,
        ("GET", f"/clients/{clinic.client_id}/exams"): None,
        ("GET", f"/lots/{clinic.lot_id}"): None,
        ("GET", f"/lots/{clinic.lot_id}/clients"): None,
        ("POST", f"/lots/{clinic.lot_id}/waste"): {"quantity_milli": 1, "reason": "spilled"},
        ("GET", f"/clients/{clinic.client_id}/consents"): None,
        ("GET", f"/clients/{clinic.client_id}/consents/status"): None,
        ("GET", f"/clients/{clinic.client_id}/consents/to-sign/{clinic.template_id}"): None,
        ("GET", f"/consent-templates/{clinic.template_id}/versions"): None,
    }
    answers = {
        call: clinic.http.request(
            call[0], "/v1" + call[1], json=body, headers=other.headers | {"If-Match": '"1"'}
        )
        for call, body in tried.items()
    }
    assert {call: answer.status_code for call, answer in answers.items()} == dict.fromkeys(tried, 404)


def test_every_reading_of_the_chart_is_in_the_trail(clinic: Clinic) -> None:
    note = clinic.call("POST", f"/clients/{clinic.client_id}/notes", {"body": "Private."}, 201)
    reader = clinic.made.key([Permission.CHART_READ])
    assert clinic.http.get(f"/v1/notes/{note['id']}", headers=reader).status_code == 200
    found = clinic.call("GET", f"/audit/reads?client_id={clinic.client_id}&limit=200")["items"]
    shown = [one for one in found if one["views"] == ["chart.note"]]
    assert "chart_note.*" in shown[0]["columns"]
    assert len(shown) == 2
    assert {one["purpose"] for one in shown} == {"treatment"}
    assert len({one["actor_id"] for one in shown}) == 2
    assert all(one["client_ids"] == [str(clinic.client_id)] for one in shown)
    pages, cursor = [], None
    while True:
        query = f"/audit/reads?client_id={clinic.client_id}&limit=1" + (f"&cursor={cursor}" if cursor else "")
        page = clinic.call("GET", query)
        pages += [one["access_id"] for one in page["items"] if one["views"] != ["audit.trail"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert pages == [one["access_id"] for one in found if one["views"] != ["audit.trail"]]


def test_the_trail_needs_its_permission_and_a_real_cursor(clinic: Clinic) -> None:
    desk = clinic.made.key([Permission.CLIENT_READ, Permission.CHART_READ])
    assert clinic.http.get("/v1/audit/reads", headers=desk).status_code == 403
    one_place = clinic.made.key([Permission.AUDIT_READ], location_id=clinic.made.locations[0])
    assert clinic.http.get("/v1/audit/reads", headers=one_place).status_code == 403
    for cursor in ("x", "AAAA", "MjAyNi0wMS0wMXww"):
        assert clinic.call("GET", f"/audit/reads?cursor={cursor}", None, 422)["type"].endswith("invalid")
