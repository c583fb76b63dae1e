"""Wires the reporting app to the operational side: who asks, and where reads are recorded."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import Engine
from starlette.applications import Starlette
from starlette.requests import Request

from medspa.kernel.database import TenantSession, make_engine, session_scope
from medspa.kernel.settings import Settings
from medspa.kernel.vocabulary import Purpose
from medspa.ui.shell import LOOK_COOKIE, Shell, look
from operational.identity.access import Actor
from operational.identity.credentials import Presented, recognise
from operational.identity.dependencies import CSRF_HEADER, cookie_name
from operational.identity.tokens import csrf_token
from operational.pages import address
from operational.privacy.audit import open_audit, record_disclosure
from operational.shell.around import PLACE_COOKIE, shell_of
from reporting_api.app import create_app
from reporting_api.ports import Viewer


class OperationalAuthorizer:
    """Recognises a request by the operational store's keys and sessions, on every request."""

    def __init__(self, engine: Engine, settings: Settings) -> None:
        self._engine = engine
        self._settings = settings

    def viewer(self, request: Request) -> Viewer:
        scheme, _, value = request.headers.get("authorization", "").partition(" ")
        presented = Presented(
            method=request.method,
            bearer=value if scheme.lower() == "bearer" and value else None,
            cookie=request.cookies.get(cookie_name(self._settings)),
            csrf=request.headers.get(CSRF_HEADER),
        )
        known = recognise(self._engine, presented, timedelta(minutes=self._settings.session_idle_minutes))
        token = csrf_token(presented.cookie) if known.session_id and presented.cookie else None
        with session_scope(self._engine, known.org_id) as session:
            actor = known.load(session)
            shell = (
                None if request.url.path.startswith("/v1/") else self._shell(request, session, actor, token)
            )
        return Viewer(actor.org_id, actor.kind, actor.id, actor.permissions, shell)

    def _shell(self, request: Request, session: TenantSession, actor: Actor, token: str | None) -> Shell:
        kept = request.cookies.get(cookie_name(self._settings, PLACE_COOKIE))
        chosen = look(request.cookies.get(LOOK_COOKIE))
        idle = self._settings.session_idle_minutes
        return shell_of(session, actor, address(request), token, idle_minutes=idle, place=kept, look=chosen)


class AuditedReports:
    """Writes a report's reading to the audit, committed before its bytes leave.

    Parameters and row counts stay out: the audit names who read which report and when, not what it said.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def report_read(self, viewer: Viewer, report: str, parameters: Mapping[str, Any], rows: int) -> None:  # noqa: ARG002
        actor = Actor(
            org_id=viewer.org_id,
            kind=viewer.actor_kind,
            id=viewer.actor_id,
            staff_id=None,
            origin=f"report:{report}",
            permissions=viewer.permissions,
        )
        with session_scope(self._engine, viewer.org_id) as session:
            open_audit(session, actor, Purpose.OPERATIONS)
            record_disclosure(session, actor, f"report.{report}", ())


def create_reporting_app(settings: Settings) -> Starlette:
    """The reporting app over the warehouse's reporting role, with operational sign-in and audit."""
    operational = make_engine(settings.operational_dsn("app"), application_name="medspa-reporting-access")
    warehouse = make_engine(settings.warehouse_dsn("reporting"), application_name="medspa-reporting")
    app = create_app(warehouse, OperationalAuthorizer(operational, settings), AuditedReports(operational))
    app.router.lifespan_context = _closing(operational, warehouse)
    return app


def _closing(*engines: Engine) -> Callable[[Starlette], contextlib.AbstractAsyncContextManager[None]]:
    """Pooled connections go when the server stops."""

    @contextlib.asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        try:
            yield
        finally:
            for engine in engines:
                engine.dispose()

    return lifespan
