"""Public pages of a visit, found by its link: what stands, and what its client may do with it."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Annotated

from fastapi import Form, Query, Request, Response
from sqlalchemy import Engine

from medspa.ui.values import money
from operational.identity.dependencies import Slot, services_of
from operational.links import LinkUnusable
from operational.models import StaffMember
from operational.names import names_of
from operational.online import guard, manage, place
from operational.online import times as timing
from operational.online.calendar_file import calendar_file
from operational.online.errors import FeeChanged, TimeGone
from operational.online.shown import public, public_page, public_router
from operational.pages import redirect

pages = public_router()
Asked = Annotated[uuid.UUID | str, Query()]


@pages.get("/visit/{token}")
@public
def show(request: Request, token: str, _slot: Slot, said: str = "") -> Response:
    """What stands, and what its client has just done. Mail scanners that follow the link change nothing."""
    seen = _see(request, token)
    with place.reading(_engine(request), seen.place) as session:
        names = names_of(session, StaffMember, [one.provider_id for one in seen.visit.items])
    people = list(dict.fromkeys(names[one.provider_id] for one in seen.visit.items))
    return public_page(request, "visit.html", seen.place, token=token, seen=seen, people=people, said=said)


@pages.post("/visit/{token}/confirm")
@public
def confirm(request: Request, token: str, _slot: Slot) -> Response:
    manage.confirm(_engine(request), token)
    return redirect(f"/visit/{token}")


@pages.get("/visit/{token}/cancel")
@public
def ask_cancel(request: Request, token: str, _slot: Slot) -> Response:
    """What cancelling costs, before it is done."""
    seen = _see(request, token)
    return public_page(request, "visit_cancel.html", seen.place, token=token, seen=seen, changed=False)


@pages.post("/visit/{token}/cancel")
@public
def cancel(request: Request, token: str, _slot: Slot, fee: Annotated[int, Form()]) -> Response:
    seen = _see(request, token)
    try:
        manage.cancel(_engine(request), token, fee)
    except FeeChanged:
        again = _see(request, token)
        return public_page(
            request, "visit_cancel.html", again.place, 409, token=token, seen=again, changed=True
        )
    return public_page(request, "visit_cancelled.html", seen.place, seen=seen)


@pages.get("/visit/{token}/times")
@public
def choose_time(
    request: Request,
    token: str,
    _slot: Slot,
    provider: Asked = "",
    since: Annotated[date | None, Query(alias="from")] = None,
    gone: bool = False,
) -> Response:
    """Free times for the same services, and what moving costs."""
    seen = _see(request, token)
    asked = timing.named(provider)
    at = seen.place
    actor = place.visitor(at.org_id, at.location_id)
    with place.reading(_engine(request), at) as session:
        wanted = place.described(session, [one.service_id for one in seen.visit.items])
        found = timing.times(session, actor, at, wanted, asked, since, seen.visit.id)
        people = timing.providers_of(session, at, wanted)
    return public_page(
        request, "times.html", at, services=wanted, found=found, people=people, provider=asked, gone=gone,
        asks=False, waits=False, note=_note(seen), step=0, action=f"/visit/{token}/move",
        here=f"/visit/{token}/times", back=f"/visit/{token}",
    )  # fmt: skip


@pages.post("/visit/{token}/move")
@public
def ask_move(
    request: Request,
    token: str,
    _slot: Slot,
    starts_at: Annotated[datetime, Form()],
    provider: Annotated[uuid.UUID | str, Form()] = "",
    fee: Annotated[int | None, Form()] = None,
) -> Response:
    """Move to the time that was chosen: at once when it is free of charge, else once the fee is accepted."""
    seen = _see(request, token)
    asked = timing.named(provider)
    if seen.changeable and seen.fee_minor and fee != seen.fee_minor:
        return _ask_fee(request, token, seen, starts_at, asked, changed=fee is not None)
    try:
        manage.move(_engine(request), token, starts_at, asked, fee or 0)
    except TimeGone:
        return redirect(f"/visit/{token}/times?gone=1&provider={asked or ''}")
    except FeeChanged:
        return _ask_fee(request, token, _see(request, token), starts_at, asked, changed=True)
    return redirect(f"/visit/{token}?said=moved")


def _ask_fee(
    request: Request,
    token: str,
    seen: manage.Managed,
    starts_at: datetime,
    provider: uuid.UUID | None,
    *,
    changed: bool,
) -> Response:
    local = starts_at.astimezone(seen.visit.starts_at.tzinfo)
    return public_page(
        request, "visit_move.html", seen.place, 409 if changed else 200, token=token, seen=seen,
        starts_at=local, provider=provider, changed=changed,
    )  # fmt: skip


@pages.get("/visit/{token}/visit.ics")
@public
def calendar(request: Request, token: str, _slot: Slot) -> Response:
    seen = _see(request, token)
    return calendar_file(seen.place, seen.visit)


@pages.get("/visit/{token}/confirm")
@pages.get("/visit/{token}/move")
def form_address(token: str, _slot: Slot) -> Response:
    """The address of a form, opened or loaded again: back to the visit, with nothing done."""
    return redirect(f"/visit/{token}")


def _note(seen: manage.Managed) -> str:
    """What moving costs, said before a time is chosen."""
    if not seen.fee_minor:
        return ""
    fee = money(seen.fee_minor, seen.place.currency)
    return f"Your visit is soon: moving it costs {fee}. You are asked once more before it is charged."


def _see(request: Request, token: str) -> manage.Managed:
    """Guessing at links makes whoever guesses wait; who holds one does not."""
    try:
        return manage.see(_engine(request), token)
    except LinkUnusable:
        guard.count(request, "link", guard.FREE_LINKS)
        raise


def _engine(request: Request) -> Engine:
    return services_of(request).engine
