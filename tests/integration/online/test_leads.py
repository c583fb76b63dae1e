"""Leads come from the form and from bookings that were left, and become clients without loss."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from medspa.kernel import clock
from medspa.kernel.settings import Settings
from medspa.kernel.vocabulary import MessageKind, Permission
from operational.messaging.outbox import parts_of, queue
from operational.models import Message, Role, StaffRole
from operational.online import finish, sweep
from operational.privacy.vault import attach
from tests.factories.booking import unit
from tests.factories.online import CONSENT, VISITOR, OnlineSetUp, Visitor

MINUTE = timedelta(minutes=1)
Call = Callable[..., Any]
IDA = {
    "first_name": "Ida",
    "last_name": "Interested",
    "email": "ida@lead.example",
    "message": "Do you do lips?",
}


@pytest.fixture
def call(http: TestClient, setup: OnlineSetUp) -> Call:
    def call(method: str, path: str, body: Any = None, **options: Any) -> Any:
        answer = http.request(
            method, f"/v1{path}", json=body, headers=options.get("headers", setup.made.headers)
        )
        assert answer.is_success, answer.text
        return answer.json()

    return call


def enquire(visitor: Visitor, setup: OnlineSetUp, **typed: Any) -> Visitor:
    form = f"/enquire/{setup.made.slug}/L1"
    visitor.get(form)
    with clock.frozen(clock.now() + timedelta(seconds=5)):
        return visitor.send(form, **{**IDA, "contact": "true", **typed})


def test_a_question_becomes_a_client_without_loss(setup: OnlineSetUp, visitor: Visitor, call: Call) -> None:
    assert "We may only answer if you allow it" in enquire(visitor, setup, contact="").page
    assert (enquire(visitor, setup, website="x").status, call("GET", "/leads")["items"]) == (422, [])
    forged = visitor.get(f"/enquire/{setup.made.slug}/L1").send("/L1", **IDA, contact="true", stamp="AAAA")
    assert (forged.status, call("GET", "/leads")["items"]) == (422, [])
    assert "Thank you" in enquire(visitor, setup).page
    (lead,) = call("GET", "/leads")["items"]
    assert (lead["status"], lead["source"], lead["message"]) == ("new", "web_form", "Do you do lips?")
    assert lead["may_contact"]
    assert not setup.one("select position('lips'::bytea in contact) > 0 from lead")
    (task,) = call("GET", "/tasks")["items"]
    assert (task["kind"], task["lead_id"]) == ("follow_up", lead["id"])
    assert call("POST", f"/leads/{lead['id']}/contacted")["status"] == "contacted"
    converted = call("POST", f"/leads/{lead['id']}/convert", {})
    client_id = converted["lead"]["client_id"]
    client = call("GET", f"/clients/{client_id}")
    assert (client["email"], client["source"]) == ("ida@lead.example", "web_form")
    # What they wrote is under the client's key by now, and their consent and tasks came along.
    kept = call("GET", f"/leads/{lead['id']}")
    assert (kept["message"], kept["contact_text_id"]) == ("Do you do lips?", lead["contact_text_id"])
    assert call("GET", "/tasks")["items"][0]["client_id"] == client_id
    assert call("POST", f"/tasks/{task['id']}/done")["done_at"] is not None
    assert call("GET", "/tasks")["items"] == []


def test_a_known_person_is_suggested_and_a_lost_lead_has_a_reason(
    setup: OnlineSetUp, visitor: Visitor, call: Call, http: TestClient
) -> None:
    client_id = str(setup.made.client("Known", "Person", "+12125550166"))
    enquire(visitor, setup, phone="(212) 555-0166", email="")
    lead = call("GET", "/leads?status=new")["items"][0]
    page = http.get(f"/leads/{lead['id']}", headers=setup.made.headers).text
    assert "Known Person</strong> has the same phone" in page
    vault = http.app.state.services.vault  # type: ignore[attr-defined]
    with unit(setup.database, setup.made) as session:
        attach(session, vault)
        queue(
            session, kind=MessageKind.BOOKING_COMPLETION, client_id=None, lead_id=uuid.UUID(lead["id"]),
            location_id=setup.made.location_id, dedupe="x", link="https://practice.example/booking/x",
        )  # fmt: skip
    done = call("POST", f"/leads/{lead['id']}/convert", {"client_id": client_id})
    with unit(setup.database, setup.made) as session:
        attach(session, vault)
        message = session.scalars(select(Message)).one()
        assert (str(message.client_id), message.lead_id) == (client_id, None)
        assert parts_of(session, message) == {"link": "https://practice.example/booking/x"}
    assert (done["lead"]["client_id"], done["duplicates"]) == (client_id, [])
    again = http.post(f"/v1/leads/{lead['id']}/lost", json={"reason": "price"}, headers=setup.made.headers)
    assert again.status_code == 409
    enquire(visitor, setup)
    other = call("GET", "/leads?status=new")["items"][0]
    assert call("POST", f"/leads/{other['id']}/lost", {"reason": "price"})["lost_reason"] == "price"
    assert setup.one("select count(*) from task where done_at is null and lead_id = :id", id=other["id"]) == 0
    nobody = setup.made.key(set(Permission) - {Permission.LEAD_READ, Permission.LEAD_WRITE})
    assert http.get("/v1/leads", headers=nobody).status_code == 403


def test_lists_show_the_locations_where_one_may_look(
    setup: OnlineSetUp, call: Call, http: TestClient
) -> None:
    """Who works at two places, and may look into leads and the waitlist at one of them."""
    made = setup.made
    here, there = made.locations
    staff_id = made.staff([Permission.LEAD_READ, Permission.BOOKING_READ], location_id=here)
    with setup.database.session("owner") as session:
        role = Role(org_id=made.org_id, name="till", permissions=[Permission.CLIENT_READ])
        session.add(role)
        session.flush()
        session.add(StaffRole(org_id=made.org_id, staff_id=staff_id, role_id=role.id, location_id=there))
    key = made.key([Permission.LEAD_READ, Permission.BOOKING_READ, Permission.CLIENT_READ], staff_id=staff_id)
    day = setup.start.date().isoformat()
    for place in (here, there):
        about = {"location_id": str(place), "first_name": "Ida", "last_name": "Interested"}
        call("POST", "/leads", {**about, "email": "ida@lead.example", "source": "phone"})
        call("POST", "/tasks", {"location_id": str(place), "due_at": setup.start.isoformat(), "note": "Call"})
        wish = {"location_id": str(place), "client_id": str(made.client()), "service_ids": [setup.free]}
        call("POST", "/waitlist", {**wish, "from_date": day, "until_date": day})

    def get(path: str, **more: str) -> Any:
        return http.get(path, headers={**key, **more})

    for path in ("/v1/leads", "/v1/tasks", "/v1/waitlist"):
        shown = get(path)
        assert {one["location_id"] for one in shown.json()["items"]} == {str(here)}, shown.text
    for path in ("/v1/leads", "/v1/waitlist", "/v1/waitlist-offers"):
        assert get(f"{path}?location_id={there}").status_code == 403
        assert get(f"{path}?location_id={here}").status_code == 200
    assert get("/waitlist", cookie=f"medspa_place={there}").status_code == 403
    assert get("/waitlist", cookie=f"medspa_place={here}").status_code == 200


def test_lists_are_paged_in_the_order_of_the_desk(setup: OnlineSetUp, call: Call, http: TestClient) -> None:
    """Three that came in the same moment, two to a page: every one once, whatever the order of their ids."""
    made, due = setup.made, setup.start.isoformat()
    place = {"location_id": str(made.locations[0])}
    headers = made.key([Permission.LEAD_READ, Permission.CLIENT_READ])
    with clock.frozen(clock.now()):
        for number in range(3):
            about = {**place, "first_name": "Ida", "last_name": f"Number {number}"}
            call("POST", "/leads", {**about, "email": f"ida{number}@lead.example", "source": "phone"})
            call("POST", "/tasks", {**place, "due_at": due, "note": "Call"})
    for path, at in (("/v1/leads", "received_at"), ("/v1/tasks", "due_at")):
        first = http.get(f"{path}?limit=2", headers=headers).json()
        rest = http.get(f"{path}?limit=2&cursor={first['next_cursor']}", headers=headers).json()
        whole = http.get(path, headers=headers).json()["items"]
        assert first["items"] + rest["items"] == whole[:4]
        assert len({one["id"] for one in whole}) == len(whole) >= 3
        assert [one[at] for one in whole] == sorted((one[at] for one in whole), reverse=path == "/v1/leads")
        wrong = http.get(f"{path}?cursor={first['next_cursor'][:-2]}", headers=headers)
        assert (wrong.status_code, "next_cursor" in wrong.json()["detail"]) == (422, True)


def test_a_booking_that_is_left_is_a_lead_for_who_asked_and_forgotten_for_others(
    setup: OnlineSetUp, visitor: Visitor, call: Call, work: finish.Work, settings: Settings
) -> None:
    rules: dict[str, Any] = {"reminder_minutes": [], "confirmation_minutes": [], "forms_minutes": []}
    path = f"/locations/{setup.made.location_id}/messaging"
    call("PUT", path, {**rules, "automatic": ["booking_completion"]})
    written = "select string_agg(status, ' ') from message where dedupe like 'booking_completion:%'"
    left: list[str] = []
    for number, contact in enumerate(("true", "")):
        start = setup.start + number * timedelta(hours=1)
        visitor.choose(setup, setup.deposit, start)
        left.append(visitor.at)
        visitor.fill(contact=contact, email=f"left{number}@visitor.example")
    asked = "select count(*) from lead where source = 'abandoned_booking'"
    for minutes, leads, details in ((29, 0, 2), (31, 1, 1), (31, 1, 1), (25 * 60, 1, 0)):
        with clock.frozen(clock.now() + minutes * MINUTE):
            sweep.run_once(work, settings)
        assert setup.one(asked) == leads
        assert setup.one("select count(*) from online_booking where details is not null") == details
    lead = call("GET", "/leads?status=new")["items"][0]
    assert (lead["email"], lead["phone"]) == ("left0@visitor.example", "+1" + VISITOR["phone"])
    assert setup.one(written) == "scheduled"
    with clock.frozen(clock.now() + timedelta(hours=1)):
        visitor.get(left[0]).send("/keep").fill(contact="true")
    with clock.frozen(clock.now() + timedelta(hours=2)):
        sweep.run_once(work, settings)
        assert "no longer kept" in visitor.get(left[0]).page
        assert (setup.one(asked), setup.one(written)) == (1, "scheduled")  # asked once
        visitor.send("/keep").fill()
        visitor.send("/card").send(visitor.at, card="tok_visa").send("/pay")
    assert "You are booked" in visitor.page
    assert setup.one(written) == "cancelled"  # what waited for the morning is not so any more
    back = call("GET", f"/leads/{lead['id']}")
    assert (back["status"], back["booked_at"] is None, back["client_id"] is None) == ("booked", False, False)
    assert setup.one("select count(*) from task where done_at is null and lead_id = :id", id=lead["id"]) == 0


def test_a_request_waits_for_the_practices_word(
    setup: OnlineSetUp, visitor: Visitor, call: Call, http: TestClient
) -> None:
    call("PUT", f"/online-services/{setup.deposit}", {"offered": True, "needs_approval": True})
    ends = {}
    for number, word in enumerate(("approve", "decline")):
        visitor.choose(setup, setup.deposit, setup.start + (3 + number) * timedelta(hours=1)).fill()
        visitor.send("/card").send(visitor.at, card="tok_visa").send("/pay")
        assert "Your request is in" in visitor.page
        waiting = call("GET", f"/online-bookings?location_id={setup.made.location_id}&state=requested")
        (row,) = waiting["items"]
        assert "Approve" in http.get("/tasks", headers=setup.made.headers).text
        call("POST", f"/online-bookings/{row['id']}/{word}")
        ends[word] = setup.one("select status from appointment where id = :id", id=row["appointment_id"])
    assert ends == {"approve": "booked", "decline": "cancelled"}
    assert [one["kind"] for one in call("GET", "/tasks")["items"]].count("return_deposit") == 1
    assert "does not stand as booked" in visitor.get(visitor.at).page


def test_the_desk_writes_down_what_somebody_asks_and_allows(
    setup: OnlineSetUp, http: TestClient, call: Call
) -> None:
    form = {
        "location_id": str(setup.made.location_id), "source": "phone", "first_name": "Lea",
        "last_name": "Lead", "phone": "2125550199", "message": "Is Thursday possible?",
    }  # fmt: skip
    for allowed in ({}, {"may_contact": "true"}):
        answer = http.post(
            "/leads", data={**form, **allowed}, headers=setup.made.headers, follow_redirects=False
        )
        lead = call("GET", answer.headers["location"])
        assert (lead["message"], lead["may_contact"]) == ("Is Thursday possible?", bool(allowed))
        words = setup.one("select body from public_text where id = :id", id=lead["contact_text_id"])
        assert words == (CONSENT if allowed else None)


def test_a_link_says_where_it_was_placed(setup: OnlineSetUp, visitor: Visitor) -> None:
    """On a profile, a flyer: the form keeps it, also when it comes back to be corrected."""
    form = f"/enquire/{setup.made.slug}/L1"
    counted = "select count(*) from lead where source = :source"
    for asked, source in (("social", "social"), ("walk_in", "web_form"), ("<b>", "web_form")):
        before = setup.one(counted, source=source)
        visitor.get(f"{form}?from={asked}")
        with clock.frozen(clock.now() + timedelta(seconds=5)):
            assert visitor.send(form, **IDA).status == 422
        with clock.frozen(clock.now() + timedelta(seconds=9)):
            assert visitor.send(form, **IDA, contact="true").status == 200
        assert setup.one(counted, source=source) == before + 1
