"""From a kept time and given details to a visit: at once, or by way of a card.

The card attempt is checkout's, in its three steps; the time stays kept meanwhile. Whatever the processor
answers, and however often, a booking makes one visit and one charge.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from medspa.kernel import clock
from medspa.kernel.database import TenantSession
from medspa.kernel.errors import DomainError, TryAgain
from medspa.kernel.vocabulary import (
    CancelReason,
    DrawerKind,
    NoticeKind,
    OnlineState,
    PaymentStatus,
    Permission,
    TaskKind,
    Tender,
    VisitSource,
)
from operational import notices
from operational.booking import book as booking
from operational.booking import cancel as cancelling
from operational.booking.errors import HoldUsed, NeedsOverride, SlotTaken, WrongState
from operational.booking.schemas import NewVisit
from operational.checkout import attempts
from operational.checkout.fees import deposit_left
from operational.checkout.payments import begin_card_payment
from operational.checkout.processor.port import CardGiven, CardProcessor, ChargeRequest
from operational.checkout.queries import found, present
from operational.checkout.schemas import PaymentIn
from operational.identity.access import Actor
from operational.leads import service as leads
from operational.leads.tasks import add_task
from operational.ledger.drawers import virtual_session
from operational.models import (
    Appointment,
    Hold,
    Location,
    OnlineBooking,
    Payment,
    ProcessorAttempt,
)
from operational.online import draft, whose
from operational.online.errors import CardPageClosed, NotNow, TimeGone
from operational.online.place import described
from operational.privacy.vault import Vault

MAX_DECLINES = 5
"""A booking page is no place to try stolen cards: so many declined ones end it."""
SPARE = timedelta(minutes=6)
"""A hold lasts at least this long when a card is charged: longer than attempts.CALL_WINDOW."""


@dataclass(frozen=True, slots=True)
class Work:
    """What finishing needs of the process."""

    engine: Engine
    vault: Vault
    processor: CardProcessor


def book(work: Work, token: str) -> None:
    """Make the visit of a booking that asks for no card; once, however often it is sent.

    Raises NotNow, TimeGone, TooBusy.
    """
    who = draft.known(work.engine, token)
    with draft.at_work(work.engine, who) as desk, desk.transaction() as session:
        row = draft.locked(session, who)
        if row.appointment_id is not None:
            return
        if row.state is not OnlineState.CHOOSING or row.deposit_minor or row.keeps_card:
            raise NotNow
        draft.check_booked(session, row)
        whose.client(session, desk.actor, work.vault, row)
        _visit(session, desk.actor, work.vault, row)


def open_card_page(work: Work, token: str, return_to: str) -> str:
    """Where the visitor gives a card to the processor. Raises NotNow, TimeGone."""
    who = draft.known(work.engine, token)
    with draft.at_work(work.engine, who) as desk:
        with desk.transaction() as session:
            row = draft.locked(session, who)
            if row.state is not OnlineState.CHOOSING or not whose.known(row):
                raise NotNow
            _require_tries(row)
            draft.keep_for_card(session, desk.actor, row)
            account = whose.account(session, row).processor_account
        # The same booking and number of declines ask for the same page: opened twice, it is one.
        page = work.processor.open_card_page(f"medspa_card_{row.id.hex}_{row.declines}", account, return_to)
        with desk.transaction() as session:
            draft.locked(session, who).card_page = page.reference
    return page.url


def card(work: Work, token: str) -> CardGiven | None:
    """The card that was given on the processor's page, if one was. Asks; changes nothing."""
    who = draft.known(work.engine, token)
    with draft.at_work(work.engine, who) as desk, desk.transaction() as session:
        row = session.get_one(OnlineBooking, (who.org_id, who.booking_id))
        page, account = row.card_page, whose.account(session, row).processor_account
    return None if page is None else work.processor.card_given(page, account)


def pay(work: Work, token: str) -> None:
    """Charge the deposit, or keep the card, and make the visit.

    Declined: the time stays kept and another card may be given. No word from the processor: the visit is
    booked and waits for it (`settle`). Raises NotNow, TimeGone, CardPageClosed.
    """
    given = card(work, token)
    if given is None:
        raise CardPageClosed("Give a card first.")
    who = draft.known(work.engine, token)
    with draft.at_work(work.engine, who) as desk:
        with desk.transaction() as session:
            row = draft.locked(session, who)
            if row.appointment_id is not None:
                return
            if row.state is not OnlineState.CHOOSING or not whose.known(row):
                raise NotNow
            _require_tries(row)
            _hold_long_enough(session, desk.actor, row)
            whose.client(session, desk.actor, work.vault, row)
            if row.keeps_card:
                # Before the processor is asked: its answer may come when nobody has the card at hand.
                whose.keep_card(session, row, given)
            if row.deposit_minor == 0:
                _visit(session, desk.actor, work.vault, row)
                return
            attempt, call = _begin(session, desk.actor, row, given)
        result = attempts.call(work.processor, attempt, call)
        with desk.transaction() as session:
            draft.locked(session, who)
            attempts.resolve(session, attempt.id, result, None)
        # What was charged stands, whatever becomes of the time.
        with desk.transaction() as session:
            row = draft.locked(session, who)
            if row.state is OnlineState.PAYING:
                _after_word(session, desk.actor, work.vault, row)


def settle(engine: Engine, vault: Vault, who: draft.Known) -> None:
    """Bring a booking that waits for the processor to where its payment stands by now. Safe to repeat."""
    with draft.at_work(engine, who) as desk, desk.transaction() as session:
        row = draft.locked(session, who)
        if row.state in (OnlineState.PAYING, OnlineState.PENDING):
            _after_word(session, desk.actor, vault, row)


def _begin(
    session: TenantSession, actor: Actor, row: OnlineBooking, given: CardGiven
) -> tuple[ProcessorAttempt, ChargeRequest]:
    """Step one of the charge: committed with the booking as paying, so that nothing else begins."""
    location = found(session, Location, row.location_id, "location")
    drawer = virtual_session(session, row.location_id, DrawerKind.ONLINE)
    request = PaymentIn(
        location_id=row.location_id, drawer_session_id=drawer.id, tender=Tender.CARD,
        currency=location.currency, client_id=whose.person(session, row), amount_minor=row.deposit_minor,
        payment_token=given.token, tips=[],
    )  # fmt: skip
    attempt = begin_card_payment(session, actor, request, f"medspa_book_{row.id.hex}_{row.declines}")
    row.payment_id, row.state = attempt.payment_id, OnlineState.PAYING
    session.flush()
    return attempt, attempts.charge_request(session, attempt, given.token)


def _after_word(session: TenantSession, actor: Actor, vault: Vault, row: OnlineBooking) -> None:
    """What the state of the payment means for the booking, under its lock."""
    payment = found(session, Payment, present(row.payment_id), "payment")
    if payment.status is PaymentStatus.DECLINED:
        _declined(session, actor, row)
    elif payment.status is PaymentStatus.SUCCEEDED and row.appointment_id is not None:
        row.state = _booked_state(session, row)
        _return_if_over(session, actor, row)
    elif row.appointment_id is None and payment.status in (PaymentStatus.SUCCEEDED, PaymentStatus.UNKNOWN):
        try:
            with session.begin_nested():
                _visit(session, actor, vault, row)
        except TryAgain:
            raise
        except DomainError:
            # The hold ran out while the processor was silent and somebody was quicker; the provider is away
            # or the room closed since; the client may not be booked any more.
            _without_time(session, actor, row, payment)
            return
        payment.appointment_id = row.appointment_id
        if payment.status is PaymentStatus.UNKNOWN:
            row.state = OnlineState.PENDING
    session.flush()


def _return_if_over(session: TenantSession, actor: Actor, row: OnlineBooking) -> None:
    """The visit was called off before the word about its deposit came: somebody gives it back."""
    visit = found(session, Appointment, present(row.appointment_id), "appointment")
    if not visit.status.holds_time and deposit_left(session, visit.id):
        add_task(
            session, actor, TaskKind.RETURN_DEPOSIT, row.location_id, client_id=row.client_id,
            appointment_id=visit.id, online_booking_id=row.id,
        )  # fmt: skip


def _declined(session: TenantSession, actor: Actor, row: OnlineBooking) -> None:
    """Nothing was moved: another card may be given. What was booked on trust is given back."""
    if row.appointment_id is not None:
        try:
            cancelling.cancel(session, actor, row.appointment_id, by="practice", reason=CancelReason.OTHER)
        except WrongState:
            # It has ended or begun meanwhile: what is owed is for the desk to see to.
            row.state = OnlineState.BOOKED
            add_task(
                session, actor, TaskKind.OTHER, row.location_id, client_id=row.client_id,
                appointment_id=row.appointment_id, online_booking_id=row.id,
            )  # fmt: skip
            return
        row.appointment_id = None
        row.hold_id = None
    row.state, row.payment_id, row.card_page = OnlineState.CHOOSING, None, None
    whose.give_up_card(session, row)
    row.declines += 1
    session.flush()


def _without_time(session: TenantSession, actor: Actor, row: OnlineBooking, payment: Payment) -> None:
    """The deposit may be in and the time is gone: somebody at the practice finds another one."""
    if payment.status is not PaymentStatus.SUCCEEDED:
        return
    row.state = OnlineState.DECLINED
    add_task(
        session, actor, TaskKind.FIND_TIME, row.location_id, client_id=row.client_id, online_booking_id=row.id
    )


def _visit(session: TenantSession, actor: Actor, vault: Vault, row: OnlineBooking) -> None:
    """Book with the hold. Raises TimeGone, with nothing written."""
    request = NewVisit(
        client_id=whose.person(session, row), location_id=row.location_id, starts_at=row.starts_at,
        items=draft.items_of(row.service_ids, row.provider_id, row.starts_at), hold_id=row.hold_id,
    )  # fmt: skip
    try:
        visit = booking.book(session, actor, request, VisitSource.ONLINE)
    except (SlotTaken, NeedsOverride, HoldUsed):
        raise TimeGone("Choose another time.") from None
    row.appointment_id = visit.id
    row.details = None
    row.state = _booked_state(session, row)
    leads.booked_online(session, actor, vault, row.id, request.client_id)
    notices.notify(
        session, location_id=row.location_id, permission=Permission.BOOKING_WRITE,
        kind=NoticeKind.BOOKED_ONLINE, subject_id=visit.id,
    )  # fmt: skip
    if row.state is OnlineState.REQUESTED:
        add_task(
            session, actor, TaskKind.APPROVE_BOOKING, row.location_id, client_id=row.client_id,
            appointment_id=visit.id, online_booking_id=row.id,
        )  # fmt: skip
    session.flush()


def _booked_state(session: Session, row: OnlineBooking) -> OnlineState:
    asks = any(one.needs_approval for one in described(session, row.service_ids))
    return OnlineState.REQUESTED if asks else OnlineState.BOOKED


def _hold_long_enough(session: Session, actor: Actor, row: OnlineBooking) -> None:
    held = None if row.hold_id is None else session.get(Hold, (row.org_id, row.hold_id))
    if held is None or held.expires_at < clock.now() + SPARE:
        draft.renew(session, actor, row)


def _require_tries(row: OnlineBooking) -> None:
    if row.declines >= MAX_DECLINES:
        raise NotNow("Too many cards were declined. Please call the practice.")
