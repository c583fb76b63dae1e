"""Public pages of one booking under way, found by its token: details, card, and what became of it.

Going back and reloading show what stands; each step is a POST that is harmless when sent twice.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import date, datetime
from typing import Annotated, Any

from fastapi import Form, Query, Request, Response
from pydantic import ValidationError

from medspa.kernel import clock
from medspa.kernel.database import TenantSession
from medspa.kernel.errors import DomainError
from medspa.kernel.vocabulary import OnlineState, PublicTextKind
from operational import links
from operational.booking import queries
from operational.checkout.processor.open import open_processor
from operational.identity.dependencies import Slot, services_of
from operational.identity.forms import Field
from operational.models import OnlineBooking, StaffMember
from operational.names import names_of
from operational.online import details, draft, finish, guard, place, whose
from operational.online import times as timing
from operational.online.calendar_file import calendar_file
from operational.online.errors import NotNow, TimeGone
from operational.online.manage import link_of
from operational.online.shown import public, public_page, public_router
from operational.pages import redirect

pages = public_router()
BLANK = dict.fromkeys(details.Details.model_fields, "")


@pages.get("/booking/{token}")
@public
def show(request: Request, token: str, _slot: Slot) -> Response:
    return _page(request, token)


@pages.post("/booking/{token}/details")
@public
def take_details(
    request: Request,
    token: str,
    _slot: Slot,
    first_name: Field = "",
    last_name: Field = "",
    phone: Field = "",
    email: Field = "",
    birth_date: Field = "",
    policy: Field = "",
    accepted: Annotated[bool, Form()] = False,
    contact: Annotated[bool, Form()] = False,
    website: Field = "",
) -> Response:
    """Who books, and that the policy is accepted. Without a card to give, this books."""
    guard.check_trap(website)
    guard.count(request, "details", guard.FREE_FORMS)
    typed = {
        "first_name": first_name, "last_name": last_name, "phone": phone, "email": email,
        "birth_date": birth_date,
    }  # fmt: skip
    seen = draft.see(_work(request).engine, token)
    if seen.booking.state is not OnlineState.CHOOSING:
        return redirect(f"/booking/{token}")
    wrong = {} if accepted or not policy else {"accepted": "Please read the policy and accept it."}
    try:
        given = details.Details.model_validate({name: value or None for name, value in typed.items()})
    except ValidationError as error:
        wrong |= details.wrong_in(error)
    if wrong:
        return _page(request, token, 422, typed=typed, wrong=wrong, contact=contact)
    agreed = details.Agreed(policy or None, contact, guard.address_of(request), guard.agent_of(request))
    work = _work(request)
    try:
        guard.check_age(seen.booking.created_at)
        details.give(work.engine, work.vault, token, given, agreed)
    except DomainError as error:
        if error.code not in ("form-unlikely", "age-not-met"):
            raise
        return _page(request, token, error.status, typed=typed, told=error.detail, contact=contact)
    return (
        redirect(f"/booking/{token}") if seen.needs_card else _step(token, lambda: finish.book(work, token))
    )


@pages.post("/booking/{token}/keep")
@public
def keep_again(request: Request, token: str, _slot: Slot) -> Response:
    """The same time once more, while nobody else has it."""
    guard.count(request, "hold", guard.FREE_HOLDS)
    return _step(token, lambda: draft.keep_again(_work(request).engine, token))


@pages.get("/booking/{token}/times")
@public
def other_times(
    request: Request,
    token: str,
    _slot: Slot,
    provider: uuid.UUID | str = "",
    since: Annotated[date | None, Query(alias="from")] = None,
    gone: bool = False,
) -> Response:
    """Another time for a booking under way; what was typed is kept."""
    work = _work(request)
    seen = draft.see(work.engine, token)
    asked = timing.named(provider)
    actor = place.visitor(seen.place.org_id, seen.place.location_id)
    with place.reading(work.engine, seen.place) as session:
        found = timing.times(session, actor, seen.place, seen.services, asked, since)
        people = timing.providers_of(session, seen.place, seen.services)
    return public_page(
        request, "times.html", seen.place, embedded=seen.booking.embedded, services=seen.services,
        found=found, people=people, provider=asked, gone=gone, asks=False, waits=False, note="", step=2,
        action=f"/booking/{token}/time", here=f"/booking/{token}/times", back=f"/booking/{token}",
    )  # fmt: skip


@pages.post("/booking/{token}/time")
@public
def take_time(
    request: Request,
    token: str,
    _slot: Slot,
    starts_at: Annotated[datetime, Form()],
    provider: Annotated[uuid.UUID | str, Form()] = "",
) -> Response:
    guard.count(request, "hold", guard.FREE_HOLDS)
    asked, engine = timing.named(provider), _work(request).engine
    return _step(token, lambda: draft.keep_again(engine, token, asked, starts_at))


@pages.post("/booking/{token}/card")
@public
def give_card(request: Request, token: str, _slot: Slot) -> Response:
    """On to the processor's page, which leads back."""
    guard.count(request, "hold", guard.FREE_HOLDS)
    work = _work(request)
    return_to = links.public_url(services_of(request).settings, f"/booking/{token}")
    if not work.processor.card_origin:
        return_to = f"/booking/{token}"
    try:
        return redirect(finish.open_card_page(work, token, return_to))
    except TimeGone:
        return redirect(f"/booking/{token}/times?gone=1")
    except NotNow:
        return redirect(f"/booking/{token}")


@pages.post("/booking/{token}/pay")
@public
def pay(request: Request, token: str, _slot: Slot) -> Response:
    """Charge the deposit, or keep the card, and book."""
    work = _work(request)
    return _step(token, lambda: finish.pay(work, token))


@pages.post("/booking/{token}/manage")
@public
def manage(request: Request, token: str, _slot: Slot) -> Response:
    """A link of one's own to confirm, move or cancel the visit."""
    return redirect(f"/visit/{link_of(_work(request).engine, token)}")


@pages.get("/booking/{token}/visit.ics")
@public
def calendar(request: Request, token: str, _slot: Slot) -> Response:
    engine = _work(request).engine
    who = draft.known(engine, token)
    with draft.at_work(engine, who) as desk, desk.transaction() as session:
        row = session.get_one(OnlineBooking, (who.org_id, who.booking_id))
        if row.appointment_id is None:
            raise NotNow
        visit = queries.visit(session, row.appointment_id)
        at = place.of_location(session, row.location_id)
    return calendar_file(at, visit)


@pages.get("/booking/{token}/details")
@pages.get("/booking/{token}/keep")
@pages.get("/booking/{token}/time")
@pages.get("/booking/{token}/card")
@pages.get("/booking/{token}/pay")
@pages.get("/booking/{token}/manage")
def form_address(token: str, _slot: Slot) -> Response:
    """The address of a form, opened or loaded again: back to the booking, with nothing done."""
    return redirect(f"/booking/{token}")


def _page(
    request: Request,
    token: str,
    status: int = 200,
    *,
    typed: dict[str, str] | None = None,
    wrong: dict[str, str] | None = None,
    told: str = "",
    contact: bool = False,
) -> Response:
    """The booking as it stands."""
    work = _work(request)
    who = draft.known(work.engine, token)
    with draft.at_work(work.engine, who) as desk, desk.transaction() as session:
        row = session.get_one(OnlineBooking, (who.org_id, who.booking_id))
        seen = draft.seen(session, row)
        more = _beside(session, row, seen)
    card = None
    if row.state is OnlineState.CHOOSING and row.card_page is not None:
        card = finish.card(work, token)
    return public_page(
        request, "booking.html", seen.place, status, embedded=row.embedded, token=token, seen=seen,
        state=row.state.value, card=card, typed={**BLANK, **(typed or {})}, wrong=wrong or {}, told=told,
        contact=contact, now=clock.now(), card_origin=work.processor.card_origin, **more,
    )  # fmt: skip


def _beside(session: TenantSession, row: OnlineBooking, seen: draft.Seen) -> dict[str, Any]:
    """What a page shows beside the booking: the texts, the visit, and who they said they are."""
    visit = None if row.appointment_id is None else queries.visit(session, row.appointment_id)
    providers = [] if visit is None else [one.provider_id for one in visit.items]
    names = names_of(session, StaffMember, providers)
    return {
        "policy": place.current_text(session, row.location_id, PublicTextKind.CANCELLATION_POLICY),
        "consent": place.current_text(session, row.location_id, PublicTextKind.CONTACT_CONSENT),
        "given": whose.known(row),
        "visit": visit,
        "with_whom": list(dict.fromkeys(names[one] for one in providers)),
        "asks_birth_date": any(one.limits_age for one in seen.services),
    }


def _step(token: str, work: Callable[[], None]) -> Response:
    """Do a step and show what stands; a time that is gone leads to other times."""
    try:
        work()
    except TimeGone:
        return redirect(f"/booking/{token}/times?gone=1")
    except NotNow:
        pass
    return redirect(f"/booking/{token}")


def _work(request: Request) -> finish.Work:
    services = services_of(request)
    processor = services.ports.get("processor") or open_processor(services.settings)
    return finish.Work(services.engine, services.vault, processor)
