"""The operational application: puts the areas, the error handlers and the shared services together."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute, iter_route_contexts

from medspa.kernel.database import make_engine
from medspa.kernel.settings import Settings
from operational import assets, docs_page, openapi, problems
from operational.calendar.changes import Changes
from operational.identity.dependencies import is_secure
from operational.identity.unit import Services
from operational.middleware import Envelope
from operational.privacy.vault import Vault, load_master_key

AREAS = (
    "identity",
    "organization",
    "catalogue",
    "clients",
    "booking",
    "calendar",
    "charting",
    "consent",
    "checkout",
    "banking",
    "packages",
    "memberships",
    "ledger",
    "privacy",
    "messaging",
    "waitlist",
    "webhooks",
    "drilldown",
    "accounting",
    "online",
    "leads",
)

PAGES = (
    "identity.pages",
    "identity.enrolment_pages",
    "identity.switch_pages",
    "shell.pages",
    "shell.search_pages",
    "setup.people_pages",
    "setup.role_pages",
    "setup.shift_pages",
    "setup.card_pages",
    "setup.rule_pages",
    "setup.pages",
    "checkout.pages",
    "booking.pages",
    "clients.pages",
    "calendar.pages",
    "calendar.visit_pages",
    "calendar.change_pages",
    "calendar.again_pages",
    "calendar.party_pages",
    "calendar.walk_in_pages",
    "absence.pages",
    "absence.visit_pages",
    "messaging.pages",
    "waitlist.pages",
    "waitlist.offer_pages",
    "webhooks.pages",
    "drilldown.pages",
    "online.pages",
    "online.waiting_pages",
    "online.card_pages",
    "online.kept_card_pages",
    "online.booking_pages",
    "online.manage_pages",
    "online.setup_pages",
    "leads.public_pages",
    "leads.pages",
)
"""What people see, beside the API."""

DESCRIPTION = """
Booking, charting, consent, checkout and day close of a medical aesthetic practice.

Authenticate with an API key (`Authorization: Bearer msk_…`) or sign in (`POST /v1/session`); writes with a
session cookie also send the `X-CSRF-Token` that sign-in answered. Errors are problem documents (RFC 9457)
with a stable `type`. Money is in minor units (`*_minor`) beside a `currency`; times carry an offset. Lists
take `limit` and `cursor` and answer `{items, next_cursor}`. Editable records have an `ETag`; changing them
needs it as `If-Match`.
"""


def create_app(settings: Settings, ports: Mapping[str, Any] | None = None) -> FastAPI:
    """The ASGI application. Connects when it starts, not before.

    `ports` are third parties by name (`processor`, `messenger`) that replace the in-process ones.
    """

    app = FastAPI(
        title="medspa",
        summary="The operational API",
        description=DESCRIPTION,
        version="1",
        lifespan=connected(settings, ports),
        docs_url=None,
        redoc_url=None,
        responses=openapi.RESPONSES,
        generate_unique_id_function=_operation_id,
    )
    problems.install(app)
    assets.install(app)
    docs_page.install(app)
    openapi.install(app)
    for router in routers():
        app.include_router(router)
    app.add_middleware(Envelope, max_body_bytes=settings.max_body_bytes, https=is_secure(settings))
    return app


def connected(
    settings: Settings, ports: Mapping[str, Any] | None = None
) -> Callable[[FastAPI], contextlib.AbstractAsyncContextManager[None]]:
    """The lifespan of an application: its connections from start to end."""

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        engine = make_engine(
            settings.operational_dsn("app"),
            pool_size=settings.pool_size,
            # A request may hold a second connection (idempotency claims) beside its own.
            max_overflow=settings.pool_size,
            application_name="medspa-web",
        )
        app.state.services = Services(settings, engine, Vault(load_master_key(settings)), dict(ports or {}))
        app.state.slots = asyncio.Semaphore(settings.pool_size)
        app.state.changes = Changes(settings.operational_dsn("app"))
        _build_routes(app)
        try:
            yield
        finally:
            await app.state.changes.close()
            engine.dispose()

    return lifespan


def routers() -> list[APIRouter]:
    """The routers of all areas: of the API, then of their pages."""
    return [
        *(importlib.import_module(f"operational.{area}.endpoints").router for area in AREAS),
        *(importlib.import_module(f"operational.{module}").pages for module in PAGES),
    ]


def _build_routes(app: FastAPI) -> None:
    """Build every route now: FastAPI does so when one is first looked for, which takes 0.9 s."""
    for _ in iter_route_contexts(app.routes):
        pass


def _operation_id(route: APIRoute) -> str:
    tag = str(route.tags[0]) if route.tags else "other"
    return f"{tag}_{route.name}".replace(" ", "_")
