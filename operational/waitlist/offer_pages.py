"""Public pages of a time that is offered to who waits, found by its link.

Looking at an offer uses nothing up: scanners of mail open every link. Taking it is a form.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import Form, Request, Response
from sqlalchemy import Engine

from operational.identity.dependencies import Slot, services_of
from operational.identity.forms import Field
from operational.online import guard
from operational.online.details import Agreed
from operational.online.place import Place
from operational.online.shown import public, public_page, public_router
from operational.pages import redirect
from operational.privacy.vault import Vault
from operational.waitlist import claiming
from operational.waitlist.endpoints import counted
from operational.waitlist.errors import OfferGone, PolicyNotAccepted

pages = public_router()


@pages.get("/offer/{token}")
@public
def show_offer(request: Request, token: str, _slot: Slot) -> Response:
    return _page(request, token)


@pages.post("/offer/{token}/accept")
@public
def accept_offer(
    request: Request,
    token: str,
    _slot: Slot,
    policy: Field = "",
    accepted: Annotated[bool, Form()] = False,
) -> Response:
    """On to the visit, where its client confirms, moves or cancels it: loaded again, it is still theirs."""
    services = services_of(request)
    agreed = Agreed(policy, False, guard.address_of(request), guard.agent_of(request)) if accepted else None
    try:
        _offered(request, token)
        taken = claiming.accept(services.engine, services.vault, token, agreed)
    except PolicyNotAccepted as error:
        return _page(request, token, error.status, wrong=error.detail)
    except OfferGone:
        return _page(request, token, 410)
    return redirect(f"/visit/{taken.link}?said=taken")


@pages.post("/offer/{token}/decline")
@public
def decline_offer(request: Request, token: str, _slot: Slot) -> Response:
    return _answered(request, token, claiming.decline, "declined")


@pages.post("/offer/{token}/leave")
@public
def leave_waitlist(request: Request, token: str, _slot: Slot) -> Response:
    return _answered(request, token, claiming.leave, "left")


@pages.get("/offer/{token}/accept")
@pages.get("/offer/{token}/decline")
@pages.get("/offer/{token}/leave")
def form_address(token: str, _slot: Slot) -> Response:
    """The address of a form, opened or loaded again: back to the offer, with nothing done."""
    return redirect(f"/offer/{token}")


def _answered(
    request: Request, token: str, act: Callable[[Engine, Vault, str], object], said: str
) -> Response:
    services = services_of(request)
    try:
        place = _offered(request, token).place
        act(services.engine, services.vault, token)
    except OfferGone:
        return _page(request, token, 410)
    return _page(request, token, said=said, place=place)


def _page(
    request: Request,
    token: str,
    status: int = 200,
    *,
    said: str = "",
    wrong: str = "",
    place: Place | None = None,
) -> Response:
    """The offer as it stands; what is over says so, and how to leave the waitlist while one waits."""
    try:
        offer = _offered(request, token)
    except OfferGone:
        return public_page(
            request, "offer.html", place, status if said else 410,
            said=said or "gone", token=token, offer=None, wrong="",
        )  # fmt: skip
    zone = ZoneInfo(offer.place.timezone)
    if not offer.open and not said:
        said, status = "gone", 410
    return public_page(
        request, "offer.html", offer.place, status, said=said, token=token, offer=offer, wrong=wrong,
        starts_at=offer.starts_at.astimezone(zone), expires_at=offer.expires_at.astimezone(zone),
    )  # fmt: skip


def _offered(request: Request, token: str) -> claiming.Offered:
    """Raises OfferGone; TooManyAttempts for who tries links that do not exist."""
    services = services_of(request)
    with counted(request, token):
        return claiming.show(services.engine, services.vault, token)
