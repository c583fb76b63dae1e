"""Public pages of a time that is offered to who waits, found by its link.

Looking at an offer uses nothing up: scanners of mail open every link. Taking it is a form.
"""

from __future__ import annotations

from collections.abc import Callable
from zoneinfo import ZoneInfo

from fastapi import Request, Response
from sqlalchemy import Engine

from operational.identity.dependencies import Slot, services_of
from operational.online.place import Place
from operational.online.shown import public, public_page, public_router
from operational.pages import redirect
from operational.privacy.vault import Vault
from operational.waitlist import claiming
from operational.waitlist.endpoints import counted
from operational.waitlist.errors import OfferGone

pages = public_router()


@pages.get("/offer/{token}")
@public
def show_offer(request: Request, token: str, _slot: Slot) -> Response:
    try:
        offer = _offered(request, token)
    except OfferGone:
        return _said(request, None, "gone", 410)
    zone = ZoneInfo(offer.place.timezone)
    return public_page(
        request, "offer.html", offer.place, said=None, token=token,
        starts_at=offer.starts_at.astimezone(zone), expires_at=offer.expires_at.astimezone(zone),
    )  # fmt: skip


@pages.post("/offer/{token}/accept")
@public
def accept_offer(request: Request, token: str, _slot: Slot) -> Response:
    """On to the visit, where its client confirms, moves or cancels it: loaded again, it is still theirs."""
    services = services_of(request)
    try:
        _offered(request, token)
        taken = claiming.accept(services.engine, services.vault, token)
    except OfferGone:
        return _said(request, None, "gone", 410)
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
        offer = _offered(request, token)
        act(services.engine, services.vault, token)
    except OfferGone:
        return _said(request, None, "gone", 410)
    return _said(request, offer.place, said)


def _offered(request: Request, token: str) -> claiming.Offered:
    """Raises OfferGone; TooManyAttempts for who tries links that do not exist."""
    services = services_of(request)
    with counted(request, token):
        return claiming.show(services.engine, services.vault, token)


def _said(request: Request, place: Place | None, what: str, status: int = 200) -> Response:
    return public_page(request, "offer.html", place, status, said=what)
