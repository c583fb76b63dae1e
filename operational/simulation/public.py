"""Who comes by the public pages: books, leaves before the end, writes by the form, changes by link."""

from __future__ import annotations

import datetime as dt

from medspa.kernel.database import TenantSession
from medspa.kernel.vocabulary import LeadSource, PublicTextKind, TaskKind
from operational.checkout.processor.inprocess import InProcessProcessor
from operational.leads import service as leads
from operational.leads.tasks import add_task
from operational.models import OnlineBooking
from operational.online import details, draft, finish, manage, place
from operational.online.errors import TimeGone
from operational.simulation.acts import items_of
from operational.simulation.events import ClientPlan
from operational.simulation.stage import Paid, Stage, Visit
from operational.simulation.ways import BeginOnline, Enquire, FinishOnline

ADDRESS, AGENT, CARD = "203.0.113.7", "Browser", "tok_visa"
NO_PHONE = "+18005550199"
"""Of strangers, who have none of their own; kept for fiction."""


def begin(stage: Stage, event: BeginOnline) -> None:
    """Choose a time; who leaves then says who they are and that they may be called."""
    visit, ids = event.visit, stage.ids
    services = [ids.services[one.offer] for one in visit.items]
    try:
        token = draft.begin(
            stage.engine, _place(stage, visit.place), services, ids.staff[event.provider], event.start,
            embedded=False,
        )  # fmt: skip
    except TimeGone:
        return  # Cleaning up after the visit before: who calls is squeezed in.
    if event.client is None:
        ids.online[visit.number] = token
        return
    _say(stage, token, visit.place, event.client)
    ids.left[event.client.number] = draft.known(stage.engine, token).booking_id


def book(stage: Stage, event: FinishOnline) -> bool:
    """Details, policy, and a card where one is asked for; False: the time was not to be had."""
    visit, ids, engine = event.visit, stage.ids, stage.engine
    token = ids.online.get(visit.number)
    if token is None:
        return False
    _say(stage, token, visit.place, event.client)
    work = finishing(stage)
    if draft.see(engine, token).needs_card:
        page = finish.open_card_page(work, token, f"/booking/{token}")
        _processor(stage).take_card(page.rsplit("/", 1)[-1], CARD)
        finish.pay(work, token)
    else:
        finish.book(work, token)
    with stage.act(stage.front) as session:
        row = session.get_one(OnlineBooking, (stage.org_id, draft.known(engine, token).booking_id))
        if row.client_id is None or row.appointment_id is None:
            raise RuntimeError("an online booking came to nothing")
        known = Visit(row.appointment_id, items_of(session, row.appointment_id), row.client_id)
        if row.payment_id is not None:
            known.deposit = Paid(row.payment_id, "card", visit.place, row.deposit_minor)
            stage.memory.balances.add(row.client_id)
        ids.clients[visit.client], ids.visits[visit.number] = row.client_id, known
    ids.links[visit.number] = manage.link_of(engine, token)
    return True


def finishing(stage: Stage) -> finish.Work:
    return finish.Work(stage.engine, stage.vault, _processor(stage))


def enquire(stage: Stage, event: Enquire) -> None:
    """The form on the web site: a lead, and somebody to call them."""
    at, fields = _place(stage, event.client.place), event.client.fields
    asked = leads.Contact(
        first_name=fields["first_name"], last_name=fields["last_name"], phone=fields.get("phone"),
        email=fields["email"], message="When could I come, and what would it cost?",
    )  # fmt: skip
    visitor = place.visitor(at.org_id, at.location_id)
    with place.visiting(stage.engine, visitor) as desk, desk.transaction() as session:
        text = place.current_text(session, at.location_id, PublicTextKind.CONTACT_CONSENT)
        agreed_to = None if text is None else text.id
        lead = leads.receive(
            session, desk.actor, stage.vault, at.location_id, LeadSource.WEB_FORM, asked, agreed_to
        )
        add_task(session, desk.actor, TaskKind.FOLLOW_UP, at.location_id, lead_id=lead.id)
        stage.ids.leads[event.client.number] = lead.id


def move(stage: Stage, known: Visit, link: str, start: dt.datetime, provider: str) -> bool:
    """To another time, for the fee that is shown; False: the time is not to be had that way."""
    fee = manage.see(stage.engine, link).fee_minor
    try:
        manage.move(stage.engine, link, start, stage.ids.staff[provider], fee)
    except TimeGone:
        return False
    known.id = manage.see(stage.engine, link).visit.id
    with stage.act(stage.front) as session:
        known.items = items_of(session, known.id)
    return True


def cancel(stage: Stage, link: str) -> None:
    manage.cancel(stage.engine, link, manage.see(stage.engine, link).fee_minor)


def _say(stage: Stage, token: str, code: str, client: ClientPlan) -> None:
    """Who they are, that they read the policy, and that they may be contacted."""
    fields = client.fields
    given = details.Details.model_validate(
        {
            "first_name": fields["first_name"], "last_name": fields["last_name"], "email": fields["email"],
            "phone": fields.get("phone", NO_PHONE), "birth_date": fields["birth_date"],
        }
    )  # fmt: skip
    with stage.act(stage.front) as session:
        policy = _policy(session, stage, code)
    agreed = details.Agreed(policy, True, ADDRESS, AGENT)
    details.give(stage.engine, stage.vault, token, given, agreed)


def _policy(session: TenantSession, stage: Stage, code: str) -> str | None:
    text = place.current_text(session, stage.ids.places[code], PublicTextKind.CANCELLATION_POLICY)
    return None if text is None else text.sha256


def _place(stage: Stage, code: str) -> place.Place:
    with stage.act(stage.front) as session:
        return place.of_location(session, stage.ids.places[code])


def _processor(stage: Stage) -> InProcessProcessor:
    if not isinstance(stage.processor, InProcessProcessor):
        raise TypeError("only a processor in this process takes cards from a simulation")
    return stage.processor
