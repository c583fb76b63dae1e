"""Public pages on which somebody chooses what, with whom and when. From there on: booking_pages.py."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Annotated
from urllib.parse import urlencode

from fastapi import Form, Query, Request, Response
from sqlalchemy import Engine

from operational.identity.dependencies import Slot, services_of
from operational.identity.forms import Field
from operational.online import draft, guard, place
from operational.online import times as timing
from operational.online.errors import NotOffered, TimeGone
from operational.online.shown import public, public_page, public_router
from operational.pages import redirect

pages = public_router()
Chosen = Annotated[list[uuid.UUID], Query(max_length=10, default_factory=list)]
ANY = ""


@pages.get("/book/{slug}/{code}")
@public
def choose_services(request: Request, slug: str, code: str, _slot: Slot, embed: bool = False) -> Response:
    """What can be booked here."""
    return _services(request, _open(request, slug, code), embed)


@pages.get("/book/{slug}/{code}/times")
@public
def choose_time(
    request: Request,
    slug: str,
    code: str,
    _slot: Slot,
    service: Chosen,
    provider: uuid.UUID | str = ANY,
    since: Annotated[date | None, Query(alias="from")] = None,
    embed: bool = False,
    gone: bool = False,
) -> Response:
    """Free times for what was chosen."""
    at = _open(request, slug, code)
    if not service:
        return _services(request, at, embed, 422, wrong="Choose at least one service.")
    asked = timing.named(provider)
    actor = place.visitor(at.org_id, at.location_id)
    with place.reading(_engine(request), at) as session:
        wanted = place.offered(session, service)
        found = timing.times(session, actor, at, wanted, asked, since)
        people = timing.providers_of(session, at, wanted)
    return public_page(
        request, "times.html", at, embedded=embed, services=wanted, found=found, people=people,
        provider=asked, gone=gone, asks=True, note="", step=2, waits=place.may_wait(at, wanted),
        action=f"{at.path}/hold", here=f"{at.path}/times", back=f"{at.path}?embed=1" if embed else at.path,
    )  # fmt: skip


@pages.post("/book/{slug}/{code}/hold")
@public
def hold(
    request: Request,
    slug: str,
    code: str,
    _slot: Slot,
    service: Annotated[list[uuid.UUID], Form(max_length=10)],
    starts_at: Annotated[datetime, Form()],
    provider: Annotated[uuid.UUID | str, Form()] = ANY,
    embed: Annotated[bool, Form()] = False,
    website: Field = "",
) -> Response:
    """Keep the time that was chosen; what comes next is at an address of its own."""
    guard.check_trap(website)
    at = _open(request, slug, code)
    guard.count(request, "hold", guard.FREE_HOLDS)
    asked = timing.named(provider)
    try:
        token = draft.begin(_engine(request), at, service, asked, starts_at, embedded=embed)
    except TimeGone:
        again: list[tuple[str, object]] = [("service", one) for one in service]
        again += [("provider", asked or ANY), ("from", starts_at.date()), ("gone", 1), ("embed", int(embed))]
        return redirect(f"{at.path}/times?{urlencode(again)}")
    return redirect(f"/booking/{token}")


def _services(request: Request, at: place.Place, embed: bool, status: int = 200, wrong: str = "") -> Response:
    with place.reading(_engine(request), at) as session:
        offered = place.offered(session)
    groups: dict[str, list[place.Offered]] = {}
    for one in offered:
        groups.setdefault(one.category, []).append(one)
    return public_page(
        request,
        "services.html",
        at,
        status,
        embedded=embed,
        groups=groups,
        most=draft.MAX_SERVICES,
        wrong=wrong,
    )


def _open(request: Request, slug: str, code: str) -> place.Place:
    at = place.find(_engine(request), slug, code)
    if not at.booking_open:
        raise NotOffered
    return at


def _engine(request: Request) -> Engine:
    return services_of(request).engine
