"""The reporting app: wiring, problem documents, headers. Reports themselves are endpoints.py."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, cast

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException

from medspa.kernel.errors import PROBLEM_TYPE_PREFIX, DomainError
from medspa.kernel.logging import describe_error
from reporting_api import metric_endpoints
from reporting_api.endpoints import router
from reporting_api.ports import AccessLog, Authorizer

PROBLEM = "application/problem+json"
_log = logging.getLogger("reporting_api.http")


def create_app(engine: Engine, authorizer: Authorizer, access_log: AccessLog) -> FastAPI:
    """The app over the reporting role's engine; who asks and the access log come in as ports."""
    app = FastAPI(
        title="medspa reporting",
        description="Reports from published marts. Definitions travel with the numbers.",
        docs_url=None,
        redoc_url=None,
        openapi_url="/v1/reports/openapi.json",
    )
    app.state.engine = engine
    app.state.authorizer = authorizer
    app.state.access_log = access_log
    app.include_router(router)
    app.include_router(metric_endpoints.router)
    app.include_router(metric_endpoints.pages)
    app.add_exception_handler(DomainError, _domain_error)
    app.add_exception_handler(RequestValidationError, _not_valid)
    app.add_exception_handler(SQLAlchemyError, _unavailable)
    app.add_exception_handler(HTTPException, _no_route)
    app.middleware("http")(_never_stored)
    return app


async def _never_stored(request: Request, handle: Callable[[Request], Awaitable[Response]]) -> Response:
    try:
        response = await handle(request)
    except Exception as error:  # noqa: BLE001 - whatever went wrong, the caller gets a problem document
        _log.error("a report failed: %s", describe_error(error))
        response = _problem(
            500, "internal", "Something went wrong on our side", "Nothing was changed; try again."
        )
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = "default-src 'none'; frame-ancestors 'none'"
    return response


def _problem(status: int, code: str, title: str, detail: str, **extra: object) -> JSONResponse:
    body = {"type": PROBLEM_TYPE_PREFIX + code, "title": title, "status": status, "detail": detail, **extra}
    return _document(body)


def _document(body: dict[str, Any], sent: Mapping[str, str] | None = None) -> JSONResponse:
    status = int(body["status"])
    headers = {**(sent or {}), **({"WWW-Authenticate": "Bearer"} if status == 401 else {})}
    return JSONResponse(body, status, headers, media_type=PROBLEM)


async def _domain_error(_request: Request, error: Exception) -> JSONResponse:
    return _document(cast("DomainError", error).problem())


async def _not_valid(_request: Request, error: Exception) -> JSONResponse:
    found = cast("RequestValidationError", error).errors()
    errors = [{"field": _field(one["loc"]), "message": one["msg"]} for one in found]
    named = ", ".join(one["field"] for one in errors)
    return _problem(422, "validation", "A value is not acceptable", f"Correct: {named}.", errors=errors)


def _field(location: Sequence[object]) -> str:
    return ".".join(str(part) for part in location[1:]) or str(location[0])


async def _unavailable(_request: Request, error: Exception) -> JSONResponse:
    _log.error("a report failed: %s", describe_error(error))
    return _problem(
        503, "warehouse-unavailable", "The warehouse did not answer", "Nothing was lost; try again shortly."
    )


async def _no_route(_request: Request, error: Exception) -> JSONResponse:
    found = cast("HTTPException", error)
    phrase = HTTPStatus(found.status_code).phrase
    detail = "See /v1/reports for the reports that exist; they are read with GET."
    code = phrase.lower().replace(" ", "-")
    return _document(
        {
            "type": PROBLEM_TYPE_PREFIX + code,
            "title": phrase,
            "status": found.status_code,
            "detail": detail,
        },
        found.headers,
    )
