"""Messages over HTTP: texts with versions, rules, what was sent, signed posts of the messenger."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from medspa.kernel.settings import Settings
from medspa.kernel.vocabulary import Channel, ContactUse, MessageKind, MessageStatus, Permission
from operational import links
from operational.messaging.messenger.open import report_secret
from operational.messaging.messenger.twilio import HEADER, signature
from operational.models import ContactConsent, IncomingMessage
from tests.integration.messaging.conftest import PHONE, Practice
from tests.support.api import client_of
from tests.support.databases import Database

RULES = {
    "automatic": ["booking_confirmed"], "reminder_minutes": [120, 1440, 120], "confirmation_minutes": [2880],
    "forms_minutes": [], "call_number": "212 555 0111",
}  # fmt: skip


@pytest.fixture(scope="module")
def http(operational_module: Database, home: Path) -> Iterator[TestClient]:
    with client_of(Settings(home=home, operational=operational_module.dsns)) as client:
        yield client


def posted(practice: Practice, http: TestClient, path: str, form: dict[str, str], secret: str = "") -> int:
    secret = secret or report_secret(practice.settings)
    signed = signature(secret, links.public_url(practice.settings, path), form)
    return http.post(path, data=form, headers={HEADER: signed}).status_code


def texted(practice: Practice, http: TestClient, words: str, sender: str = PHONE) -> None:
    form = {"MessageSid": uuid.uuid4().hex, "From": sender, "To": practice.number, "Body": words}
    for _ in range(2):  # A messenger posts again what it thinks was not taken.
        assert posted(practice, http, "/v1/messenger/texts", form) == 200


def test_a_template_is_refused_when_it_names_what_is_done(practice: Practice, http: TestClient) -> None:
    text = {"kind": "reminder", "channel": "sms", "text": "Your Neurotoxin visit is on {date}"}
    refused = http.post("/v1/message-templates", json=text, headers=practice.setup.headers)
    assert (refused.status_code, refused.json()["named"]) == (422, "neurotoxin")
    no_field = {**text, "text": "You see {provider} on {date}"}
    assert (
        http.post("/v1/message-templates", json=no_field, headers=practice.setup.headers).status_code == 422
    )
    weak = practice.setup.key([Permission.CLIENT_READ])
    good = {**text, "text": "{location}: {date}, {time}"}
    assert http.post("/v1/message-templates", json=good, headers=weak).status_code == 403


def test_the_newest_version_of_the_location_counts(practice: Practice, http: TestClient) -> None:
    headers, here = practice.setup.headers, str(practice.setup.location_id)
    base = {"kind": "booking_completion", "channel": "sms"}
    for place, text in (
        (None, "all {link}"),
        (here, "first {link}"),
        (here, "second {link}"),
        (None, "x {link}"),
    ):
        answer = http.post(
            "/v1/message-templates", json={**base, "location_id": place, "text": text}, headers=headers
        )
        assert answer.status_code == 201
    listed = http.get("/v1/message-templates", params={"location_id": here}, headers=headers).json()["items"]
    (counts,) = [one for one in listed if (one["kind"], one["channel"]) == ("booking_completion", "sms")]
    assert (counts["text"], counts["number"]) == ("second {link}", 2)
    versions = http.get("/v1/message-templates/versions", params={**base, "limit": 1}, headers=headers).json()
    assert [one["text"] for one in versions["items"]] == ["x {link}"]
    assert versions["next_cursor"] == "2"
    practice.queue()
    practice.send()
    assert practice.sent()[0].text == "second https://practice.example/book/abc"


def test_rules_have_an_etag_and_a_number_of_one_organization(practice: Practice, http: TestClient) -> None:
    path = f"/v1/locations/{practice.setup.locations[1]}/messaging"
    headers = practice.setup.headers
    assert http.get(path, headers=headers).status_code == 404
    first = http.put(path, json=RULES, headers=headers)
    assert first.status_code == 200, first.text
    assert first.json()["reminder_minutes"] == [1440, 120]
    assert first.json()["call_number"] == "+12125550111"
    assert http.put(path, json=RULES, headers=headers).status_code == 428
    tagged = {**headers, "If-Match": first.headers["ETag"]}
    both = {**RULES, "confirmation_minutes": [120]}
    assert http.put(path, json=both, headers=tagged).status_code == 422
    assert http.put(path, json={**RULES, "sms_from": practice.number}, headers=tagged).status_code == 200


def test_what_was_sent_is_shown_under_audit(practice: Practice, http: TestClient) -> None:
    token = secrets.token_urlsafe(32)
    (message_id,) = practice.queue(link=f"https://practice.example/visit/{token}")
    practice.send()
    assert token in practice.sent()[0].text
    path = f"/v1/clients/{practice.client_id}/messages"
    (shown,) = http.get(path, headers=practice.setup.headers).json()["items"]
    assert (shown["id"], shown["sent_to"], shown["status"]) == (str(message_id), PHONE, "sent")
    assert "[link]" in shown["text"]
    assert token not in shown["text"]
    with practice.setup.database.connect("admin") as connection:
        seen = connection.execute(
            "select count(*) from audit.disclosure where view = 'messaging.client' and %s = any(client_ids)",
            (practice.client_id,),
        ).fetchone()
    assert seen == (1,)
    settled = http.post(
        f"/v1/messages/{message_id}/settle", json={"arrived": True}, headers=practice.setup.headers
    )
    assert settled.status_code == 409


def test_messages_are_read_where_clients_are(practice: Practice, http: TestClient) -> None:
    """Somebody who may read clients at one location and works at another sees what the first one sent."""
    here, there = practice.setup.location_id, practice.setup.locations[1]
    practice.queue()
    texted(practice, http, "Can I come at five?")
    status = {"status": "scheduled"}
    for reads, works, expected in ((here, there, 1), (there, here, 0)):
        held = [Permission.CLIENT_READ, Permission.BOOKING_WRITE]
        staff = practice.setup.staff([Permission.CLIENT_READ], location_id=reads)
        practice.setup.grant(staff, [Permission.BOOKING_WRITE], location_id=works)
        headers = practice.setup.key(held, staff_id=staff)
        for path in ("/v1/messages", f"/v1/clients/{practice.client_id}/messages", "/v1/message-replies"):
            found = http.get(path, params=status, headers=headers).json()["items"]
            assert len(found) == expected, (path, reads == here)


def test_stop_start_and_help_are_honoured_at_once(practice: Practice, http: TestClient) -> None:
    practice.queue()
    practice.send()
    texted(practice, http, "Stop")
    (blocked,) = practice.queue()
    practice.send()
    assert practice.message(blocked).code == "opted_out"
    texted(practice, http, "help")
    texted(practice, http, "start")
    practice.queue()
    practice.send()
    kinds = [one.kind for one in practice.messages() if one.status is MessageStatus.SENT]
    completion = MessageKind.BOOKING_COMPLETION
    assert kinds == [completion, MessageKind.STOPPED, MessageKind.HELP, MessageKind.STARTED, completion]
    with practice.setup.database.session("owner") as session:
        said = session.scalars(select(ContactConsent).where(ContactConsent.org_id == practice.org_id)).all()
    # STOP ends both uses, START brings back what is about visits only.
    assert {(one.use, one.granted) for one in said} == {
        (ContactUse.TRANSACTIONAL, False), (ContactUse.MARKETING, False), (ContactUse.TRANSACTIONAL, True)
    }  # fmt: skip


def test_a_number_nobody_knows_can_stop_too(practice: Practice, http: TestClient) -> None:
    texted(practice, http, "STOP", "+12125559999")
    practice.reach(phone="+12125559999")
    (blocked,) = practice.queue(channels=[Channel.SMS])
    practice.send()
    assert practice.message(blocked).code == "opted_out"


def test_only_our_messenger_is_believed(practice: Practice, http: TestClient) -> None:
    form = {"MessageSid": "m1", "From": PHONE, "To": practice.number, "Body": "STOP"}
    assert posted(practice, http, "/v1/messenger/texts", form, secret="another") == 401
    assert http.post("/v1/messenger/texts", data=form).status_code == 401
    with practice.setup.database.session("owner") as session:
        took = select(IncomingMessage).where(IncomingMessage.org_id == practice.org_id)
        assert session.scalars(took).all() == []


def test_a_report_settles_what_nobody_knew(practice: Practice, http: TestClient) -> None:
    practice.reach(phone="+15550191111")
    (message_id,) = practice.queue()
    practice.send()
    assert practice.message(message_id).status is MessageStatus.UNKNOWN
    path = f"/v1/messenger/texts/{message_id}/status"
    assert posted(practice, http, path, {"MessageSid": "im_1", "MessageStatus": "delivered"}) == 200
    row = practice.message(message_id)
    assert row.status is MessageStatus.SENT
    assert row.delivered_at is not None
    assert posted(
        practice, http, path, {"MessageSid": "im_1", "MessageStatus": "undelivered", "ErrorCode": "30003"}
    )
    row = practice.message(message_id)
    assert (row.status, row.code) == (MessageStatus.FAILED, "error_30003")
