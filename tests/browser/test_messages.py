"""Waitlist, messages, connections and an offered time in a real browser, with and without scripts."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from medspa.kernel import clock
from medspa.kernel.vocabulary import Channel, MessageKind, MessageStatus, OfferStatus, Permission
from operational import links
from operational.messaging import incoming
from operational.messaging.outbox import queue
from operational.messaging.send import working
from operational.models import IncomingMessage, Message, WaitlistEntry, WaitlistOffer
from operational.privacy.vault import Vault, load_master_key
from tests.browser.conftest import Practice, Visit
from tests.factories.booking import add_shift, next_weekday
from tests.support.browser import DESK, PHONE, Seen

pytestmark = pytest.mark.timeout(300)


def is_for_everybody(seen: Seen) -> None:
    for width, scheme in ((DESK, "light"), (PHONE, "dark")):
        seen.look(width, scheme)
        assert seen.faults() == []
    seen.look(DESK, "light")


def test_somebody_is_put_on_the_waitlist_and_taken_off(practice: Practice, visit: Visit) -> None:
    seen = visit(practice.cookie())
    page = seen.page
    seen.goto("/waitlist")
    expect(page.locator("main")).to_contain_text("Nobody waits here")
    seen.goto(f"/waitlist?client={practice.shop.client_id}")
    page.get_by_label("When").select_option("morning")
    page.get_by_label("Tue").check()
    page.get_by_role("button", name="Put on the waitlist").click()
    rows = page.get_by_role("region", name="Waitlist").locator("tbody tr")
    expect(rows).to_have_count(1)
    expect(rows.first).to_contain_text("12:00 am to 12:00 pm")
    is_for_everybody(seen)
    rows.first.get_by_role("button").click()
    expect(page.locator("main")).to_contain_text("Nobody waits here")


def test_a_text_that_names_a_treatment_comes_back(practice: Practice, visit: Visit) -> None:
    seen = visit(practice.cookie())
    page = seen.page
    seen.goto("/messages/texts")
    is_for_everybody(seen)
    page.get_by_role("link", name="Reminder by sms").click()
    page.locator("#text").fill("Your Botox visit is on {date}")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#text-wrong")).to_contain_text("botox")
    is_for_everybody(seen)
    page.locator("#text").fill("{location}: we see you on {date} at {time}. {link}")
    page.get_by_role("button", name="Save").click()
    expect(page).to_have_url(f"{seen.url}/messages/texts")


def test_when_messages_go_out_is_set(practice: Practice, visit: Visit) -> None:
    seen = visit(practice.cookie())
    page = seen.page
    seen.goto("/messages/rules")
    page.locator("#reminders").fill("soon")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("3 d, 1 d, 2 h")
    page.get_by_label("booked").check()
    page.locator("#reminders").fill("3 d, 2 h")
    page.locator("#quiet-from").fill("22:30")
    page.locator("#sms").fill("212 155 0100")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("Texts come from: This cannot be")
    expect(page.locator("#quiet-from")).to_have_value("22:30")
    expect(page.locator("#reminders")).to_have_value("3 d, 2 h")
    expect(page.get_by_label("booked")).to_be_checked()
    page.locator("#sms").fill("212 555 0100")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#reminders")).to_have_value("3 d, 2 h")
    expect(page.locator("#sms")).to_have_value("+12125550100")
    is_for_everybody(seen)


def test_what_was_sent_and_answered_is_shown(practice: Practice, visit: Visit) -> None:
    made = practice.shop.made
    vault = Vault(load_master_key(practice.server.app.state.services.settings))
    with working(made.database.engine("app"), vault, made.org_id) as session:
        (message_id,) = queue(
            session, kind=MessageKind.BOOKING_COMPLETION, client_id=practice.shop.client_id,
            location_id=made.location_id, channels=[Channel.SMS], dedupe="shown", link="https://x.example/a",
        )  # fmt: skip
        message = session.get_one(Message, (made.org_id, message_id))
        message.status, message.claimed_at = MessageStatus.UNKNOWN, clock.now()
        session.add(
            IncomingMessage(
                org_id=made.org_id, client_id=practice.shop.client_id, meaning="other", reference="r1",
                body=vault.seal(
                    session, practice.shop.client_id, b"Can I come at five?", purpose=incoming.INCOMING_BODY
                ),
            )
        )  # fmt: skip
    seen = visit(practice.cookie())
    page = seen.page
    seen.goto("/messages")
    expect(page.locator("main")).to_contain_text("Can I come at five?")
    is_for_everybody(seen)
    page.get_by_role("button", name="It did not").click()
    expect(page.locator("main")).not_to_contain_text("Did these arrive?")
    seen.goto(f"/clients/{practice.shop.client_id}/messages")
    expect(page.locator("main")).to_contain_text("settled by hand")
    page.get_by_role("button", name="Allows marketing sms").click()
    expect(page.get_by_role("button", name="Refuses marketing sms")).to_be_visible()
    is_for_everybody(seen)


def test_connections_are_made_and_switched(practice: Practice, visit: Visit) -> None:
    seen = visit(practice.cookie())
    page = seen.page
    seen.goto("/connections")
    page.locator("#url").fill("https://10.0.0.1/hook")
    page.get_by_label("booked", exact=True).check()
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.locator("#url-wrong")).to_contain_text("public internet")
    is_for_everybody(seen)
    page.locator("#url").fill("https://example.com/hook")
    page.get_by_label("booked", exact=True).check()
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("whsec_")
    page.get_by_role("button", name="Switch off").click()
    expect(page.get_by_role("region", name="Systems")).to_contain_text("Off")
    page.get_by_role("button", name="Make an address").click()
    expect(page.get_by_role("status")).to_contain_text(".ics")
    page.get_by_label("It shows where, and what is confirmed").check()
    page.get_by_role("button", name="Make an address").click()
    expect(page.locator("li", has_text="busy only")).to_have_count(1)
    expect(page.locator("li", has_text="busy, where, and what is confirmed")).to_have_count(1)
    is_for_everybody(seen)
    weak = visit(practice.cookie(practice.shop.made.staff([Permission.CLIENT_READ])))
    weak.page.goto(f"{weak.url}/connections")
    expect(weak.page.locator("h1")).to_have_text("This is not for your role")


def test_an_offered_time_is_taken_without_scripts(practice: Practice, visit: Visit) -> None:
    made = practice.shop.made
    start = next_weekday(hour=16)
    add_shift(made, start, start + timedelta(hours=1))
    vault = Vault(load_master_key(practice.server.app.state.services.settings))
    now = clock.now()
    with working(made.database.engine("app"), vault, made.org_id) as session:
        wish = WaitlistEntry(
            org_id=made.org_id, client_id=practice.shop.client_id, location_id=made.location_id,
            service_ids=[made.service_id], weekdays=[], from_minute=0, until_minute=1440, status="waiting",
            from_date=now.date(), until_date=start.date(), added_by=made.owner_id,
        )  # fmt: skip
        session.add(wish)
        session.flush()
        offer = WaitlistOffer(
            org_id=made.org_id, waitlist_entry_id=wish.id, client_id=wish.client_id,
            service_id=made.service_id, location_id=made.location_id,
            provider_id=made.provider_id, starts_at=start,
            ends_at=start + timedelta(minutes=30), offered_at=now, business_date=now.date(),
            expires_at=now + timedelta(minutes=30), status=OfferStatus.OFFERED,
        )  # fmt: skip
        session.add(offer)
        session.flush()
        token = links.issue(
            session, purpose=links.WAITLIST_OFFER, client_id=wish.client_id, subject_id=offer.id,
            lifetime=timedelta(minutes=30),
        )  # fmt: skip
    seen = visit(None, scripts=False)
    page = seen.page
    for _ in range(2):  # Looking uses nothing up.
        seen.goto(f"/offer/{token}")
        expect(page.locator("h1")).to_have_text("A time has come free")
    assert "Botulinum" not in page.content()
    looking = visit(None)
    looking.goto(f"/offer/{token}")
    is_for_everybody(looking)
    page.get_by_role("button", name="Take this time").click()
    expect(page.locator("h1")).to_have_text("The time is yours")
    page.reload()
    expect(page.locator("h1")).to_have_text("The time is yours")
    page.get_by_role("button", name="I will come").click()
    expect(page.get_by_role("status")).to_contain_text("confirmed that you will come")
    page.goto(f"{seen.url}/offer/{token}")
    expect(page.locator("h1")).to_have_text("This time is no longer free")
    page.goto(f"{seen.url}/offer/{uuid.uuid4()}")
    expect(page.locator("h1")).to_have_text("This time is no longer free")
