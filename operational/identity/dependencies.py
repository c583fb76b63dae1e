"""What endpoints depend on: `needs(permission)` gives a Unit to an authenticated, permitted actor.

Use it as `Annotated[Unit, Depends(needs(Permission.X), scope="function")]`. The scope matters: it makes
the commit happen before the answer is sent, so a commit that fails is never a 200.
"""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import timedelta
from typing import Annotated, cast

from fastapi import Depends, Request
from fastapi.security import APIKeyCookie, HTTPAuthorizationCredentials, HTTPBearer

from medspa.kernel.settings import Settings
from medspa.kernel.vocabulary import Permission, Purpose
from operational.identity.access import Actor
from operational.identity.credentials import SAFE_METHODS, Known, Presented, recognise
from operational.identity.unit import Services, Unit, open_unit

CSRF_HEADER = "x-csrf-token"
CSRF_FIELD = "csrf_token"
"""The same in a form of a page, which a browser without scripts sends."""
_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
SESSION_COOKIE = "medspa_session"

_bearer = HTTPBearer(auto_error=False, scheme_name="ApiKey", description="An API key: `msk_…`.")
_cookie = APIKeyCookie(
    name=SESSION_COOKIE,
    auto_error=False,
    scheme_name="Session",
    description="The cookie set by sign-in (`__Host-` in front over https). Writes also send `X-CSRF-Token`.",
)

UnitDependency = Callable[..., Iterator[Unit]]


def services_of(request: Request) -> Services:
    return cast(Services, request.app.state.services)


def request_id_of(request: Request) -> uuid.UUID:
    return cast(uuid.UUID, request.state.request_id)


def is_secure(settings: Settings) -> bool:
    return settings.public_url.startswith("https://")


def cookie_name(settings: Settings, name: str = SESSION_COOKIE) -> str:
    """`__Host-` cookies need https; over plain http browsers drop them."""
    return f"__Host-{name}" if is_secure(settings) else name


async def slot(request: Request) -> AsyncIterator[None]:
    """Waits outside the thread pool until a connection is free.

    Threads that wait for a connection would starve those that hold one and need a thread to go on.
    """
    async with request.app.state.slots:
        yield


async def presented(
    request: Request,
    bearer: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)] = None,
    _documented: Annotated[str | None, Depends(_cookie)] = None,
) -> Presented:
    settings = services_of(request).settings
    return Presented(
        method=request.method,
        bearer=bearer.credentials if bearer else None,
        cookie=request.cookies.get(cookie_name(settings)),
        csrf=await _csrf(request),
    )


async def _csrf(request: Request) -> str | None:
    sent = request.headers.get(CSRF_HEADER)
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    # The API takes no forms, and says so of whoever sends one: its body is not read here.
    api = request.url.path.startswith("/v1/")
    if sent is not None or api or request.method in SAFE_METHODS or kind not in _FORMS:
        return sent
    field = (await request.form()).get(CSRF_FIELD)
    return field if isinstance(field, str) else None


Slot = Annotated[None, Depends(slot, scope="function")]


def needs(permission: Permission, *, phi: Purpose | None = None) -> UnitDependency:
    """A unit of work for an actor who holds `permission` somewhere.

    The service still checks it at the location concerned. `phi` opens the audit for this purpose;
    without it the database shows no protected health information.
    """

    def dependency(
        request: Request, who: Annotated[Presented, Depends(presented)], _slot: Slot
    ) -> Iterator[Unit]:
        services = services_of(request)
        known = recognise(services.engine, who, idle(services.settings))
        yield from _unit(services, request, known, lambda actor: actor.require(permission), phi)

    return dependency


def signed_in(*, half: bool = False) -> UnitDependency:
    """A unit of work for any authenticated actor; `half`: also before the second factor is set up."""

    def dependency(
        request: Request, who: Annotated[Presented, Depends(presented)], _slot: Slot
    ) -> Iterator[Unit]:
        services = services_of(request)
        known = recognise(services.engine, who, idle(services.settings), half_signed_in=half)
        yield from _unit(services, request, known, lambda _: None, None)

    return dependency


def idle(settings: Settings) -> timedelta:
    """How long a session lives without a request."""
    return timedelta(minutes=settings.session_idle_minutes)


def _unit(
    services: Services,
    request: Request,
    known: Known,
    admit: Callable[[Actor], None],
    phi: Purpose | None,
) -> Iterator[Unit]:
    with open_unit(
        services,
        request_id_of(request),
        known.org_id,
        known.load,
        admit=admit,
        purpose=phi,
        session_id=known.session_id,
    ) as unit:
        yield unit
