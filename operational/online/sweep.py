"""What happens to bookings after their visitor has gone: deposits settled, fees charged to kept cards,
records matched, leads made of those who asked for it and did not book, the details of all others forgotten.

Runs again and again beside the web server, for every organization; each booking in a transaction of its own.
"""

from __future__ import annotations

import logging
import threading
import uuid
from collections.abc import Callable
from datetime import timedelta
from functools import partial

from sqlalchemy import Engine, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from medspa.kernel import clock
from medspa.kernel.database import TenantSession, make_engine
from medspa.kernel.errors import DomainError
from medspa.kernel.settings import Settings
from medspa.kernel.vocabulary import ActorKind, LeadSource, MessageKind, OnlineState, TaskKind
from operational import links
from operational.checkout.processor.open import open_processor
from operational.clients.service import match_client
from operational.directory import lookup
from operational.identity.access import EVERYWHERE, Actor
from operational.leads import service as leads
from operational.leads.tasks import add_task
from operational.messaging.outbox import queue
from operational.models import Client, Lead, LocationMessaging, OnlineBooking
from operational.online import card_fees, details, draft, finish, upcoming, waiting
from operational.online.place import MAY, NOBODY, visiting
from operational.privacy.vault import Vault, attach, load_master_key
from operational.rows import get_row

EVERY_SECONDS = 20.0
ABANDONED_AFTER = timedelta(minutes=30)
FORGOTTEN_AFTER = timedelta(hours=24)
AT_ONCE = 200
_log = logging.getLogger("medspa.online")
WAITING = (OnlineState.PAYING, OnlineState.PENDING)
UNDER_WAY = (OnlineState.CHOOSING, OnlineState.PAYING)


def run(settings: Settings, stop: threading.Event) -> None:
    """Work until `stop` is set."""
    engine = make_engine(settings.operational_dsn("app"), pool_size=1, application_name="medspa-online")
    work = finish.Work(engine, Vault(load_master_key(settings)), open_processor(settings))
    try:
        while not stop.wait(EVERY_SECONDS):
            try:
                run_once(work, settings)
            except (SQLAlchemyError, DomainError) as error:
                _log.warning("bookings wait: %s", type(error).__name__)
    finally:
        engine.dispose()


def run_once(work: finish.Work, settings: Settings) -> None:
    """All that is to be done now."""
    for org_id in lookup.organizations(work.engine):
        look_after(work, settings, org_id)


def look_after(work: finish.Work, settings: Settings, org_id: uuid.UUID) -> None:
    """All that is to be done now at one organization."""
    engine, vault = work.engine, work.vault
    for who in _due(engine, org_id, OnlineBooking.state.in_(WAITING)):
        _each(partial(finish.settle, engine, vault, who))
    with visiting(engine, _job(org_id)) as desk, desk.transaction() as session:
        leads.note_bookings(session)
    _each(partial(_fees, work, org_id))
    unmatched = (
        OnlineBooking.matched_at.is_(None)
        & OnlineBooking.client_id.is_not(None)
        & OnlineBooking.state.not_in(UNDER_WAY)
    )
    for who in _due(engine, org_id, unmatched):
        _each(partial(_one, engine, who, _match))
    for entry_id in _unmatched_wishes(engine, org_id):
        _each(partial(_wish, engine, org_id, entry_id))
    left = (OnlineBooking.state == OnlineState.CHOOSING) & (
        OnlineBooking.created_at < clock.now() - ABANDONED_AFTER
    )
    for who in _due(engine, org_id, left):
        _each(partial(_one, engine, who, partial(_abandon, settings, vault)))


def _job(org_id: uuid.UUID) -> Actor:
    """Who looks after the bookings of all locations."""
    return Actor(org_id, ActorKind.JOB, NOBODY, None, "job:online", {EVERYWHERE: MAY})


def _fees(work: finish.Work, org_id: uuid.UUID) -> None:
    with visiting(work.engine, _job(org_id)) as desk, desk.transaction() as session:
        fees = card_fees.due(session)
    for invoice_id, card_id in fees:
        _each(partial(_fee, work, org_id, invoice_id, card_id))
    with visiting(work.engine, _job(org_id)) as desk, desk.transaction() as session:
        card_fees.ask_to_collect(session, desk.actor)


def _fee(work: finish.Work, org_id: uuid.UUID, invoice_id: uuid.UUID, card_id: uuid.UUID) -> None:
    with visiting(work.engine, _job(org_id)) as desk:
        card_fees.charge(desk, work.processor, invoice_id, card_id)


def _due(engine: Engine, org_id: uuid.UUID, condition: object) -> list[draft.Known]:
    with visiting(engine, _job(org_id)) as desk, desk.transaction() as session:
        asked = select(OnlineBooking.id, OnlineBooking.location_id).where(condition)  # type: ignore[arg-type]
        rows = session.execute(asked.order_by(OnlineBooking.id).limit(AT_ONCE)).all()
    return [draft.Known(org_id, row.id, row.location_id) for row in rows]


def _unmatched_wishes(engine: Engine, org_id: uuid.UUID) -> list[uuid.UUID]:
    with visiting(engine, _job(org_id)) as desk, desk.transaction() as session:
        return list(session.scalars(waiting.unmatched().limit(AT_ONCE)))


def _wish(engine: Engine, org_id: uuid.UUID, entry_id: uuid.UUID) -> None:
    with visiting(engine, _job(org_id)) as desk, desk.transaction() as session:
        waiting.match(session, desk.actor, entry_id)


def _each(work: Callable[[], None]) -> None:
    """One that cannot be brought on must not hold up the others."""
    try:
        work()
    except (SQLAlchemyError, DomainError) as error:
        _log.warning("a booking waits: %s", type(error).__name__)


def _one(
    engine: Engine, who: draft.Known, work: Callable[[TenantSession, Actor, OnlineBooking], None]
) -> None:
    with draft.at_work(engine, who) as desk, desk.transaction() as session:
        work(session, desk.actor, draft.locked(session, who))


def _match(session: Session, actor: Actor, row: OnlineBooking) -> None:
    """What the desk alone decides: records of the same person, and visits beyond what one may hold."""
    if row.matched_at is not None or row.client_id is None or row.state in UNDER_WAY:
        return
    row.matched_at = clock.now()
    asked = []
    if match_client(session, get_row(session, Client, row.client_id)):
        asked.append(TaskKind.MATCH_CLIENT)
    if upcoming.is_one_too_many(session, row):
        asked.append(TaskKind.MANY_BOOKINGS)
    for kind in asked:
        add_task(
            session, actor, kind, row.location_id, client_id=row.client_id,
            appointment_id=row.appointment_id, online_booking_id=row.id,
        )  # fmt: skip


def _abandon(
    settings: Settings, vault: Vault, session: TenantSession, actor: Actor, row: OnlineBooking
) -> None:
    """Who asked to be contacted becomes a lead; who did not is forgotten."""
    if row.state is not OnlineState.CHOOSING:
        return
    given = details.opened(session, vault, row)
    if given is None:
        if row.created_at < clock.now() - FORGOTTEN_AFTER:
            row.state = OnlineState.ABANDONED
        return
    if row.contact_text_id is None:
        if row.details_at is not None and row.details_at < clock.now() - FORGOTTEN_AFTER:
            row.state, row.details = OnlineState.ABANDONED, None
        return
    if row.details_at is None or row.details_at > clock.now() - ABANDONED_AFTER or draft.alive(session, row):
        return
    contact = leads.Contact(
        first_name=given.first_name, last_name=given.last_name, phone=given.phone, email=given.email
    )
    row.state, row.details = OnlineState.ABANDONED, None
    if session.scalar(select(Lead.id).where(Lead.online_booking_id == row.id)) is not None:
        return  # They were written to, came back, and left again.
    attach(session, vault)
    lead = leads.receive(
        session, actor, vault, row.location_id, LeadSource.ABANDONED_BOOKING, contact, row.contact_text_id,
        online_booking_id=row.id,
    )  # fmt: skip
    add_task(session, actor, TaskKind.FOLLOW_UP, row.location_id, lead_id=lead.id, online_booking_id=row.id)
    _write(session, settings, row, lead)


def _write(session: Session, settings: Settings, row: OnlineBooking, lead: Lead) -> None:
    """The link that leads back to the booking, once, where the location writes such messages."""
    rules = session.scalar(select(LocationMessaging).where(LocationMessaging.location_id == row.location_id))
    if rules is None or MessageKind.BOOKING_COMPLETION.value not in rules.automatic:
        return
    token = links.issue(
        session, purpose=links.BOOKING_COMPLETION, client_id=None, subject_id=row.id, lifetime=draft.LIFETIME
    )
    queue(
        session, kind=MessageKind.BOOKING_COMPLETION, client_id=None, lead_id=lead.id,
        location_id=row.location_id, dedupe=f"booking_completion:{row.id}",
        link=links.url_of(settings, links.BOOKING_COMPLETION, token),
    )  # fmt: skip
