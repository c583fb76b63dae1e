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
from reporting_api.pages.endpoints import router as pages
from reporting_api.pages.page import page
from reporting_api.pages.problems import is_page, problem_page
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
    app.include_router(pages)
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
        title, detail = "Something went wrong on our side", "Nothing was changed; try again."
        if is_page(request):
            response = page("problem.html", None, 500, heading=title, told=detail)
        else:
            response = _problem(500, "internal", title, detail)
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers.setdefault("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
    return response


def _problem(status: int, code: str, title: str, detail: str, **extra: object) -> JSONResponse:
    body = {"type": PROBLEM_TYPE_PREFIX + code, "title": title, "status": status, "detail": detail, **extra}
    return _document(body)


def _document(body: dict[str, Any], sent: Mapping[str, str] | None = None) -> JSONResponse:
    status = int(body["status"])
    headers = {**(sent or {}), **({"WWW-Authenticate": "Bearer"} if status == 401 else {})}
    return JSONResponse(body, status, headers, media_type=PROBLEM)


def _domain_error(request: Request, error: Exception) -> Response:
    found = cast("DomainError", error)
    if is_page(request):
        return problem_page(request, found.status, found.code, found.title, found.detail)
    return _document(found.problem())


def _not_valid(request: Request, error: Exception) -> Response:
    found = cast("RequestValidationError", error).errors()
    errors = [{"field": _field(one["loc"]), "message": one["msg"]} for one in found]
    named = ", ".join(one["field"] for one in errors)
    title, detail = "A value is not acceptable", f"Correct: {named}."
    if is_page(request):
        return problem_page(request, 422, "validation", title, detail)
    return _problem(422, "validation", title, detail, errors=errors)


def _field(location: Sequence[object]) -> str:
    return ".".join(str(part) for part in location[1:]) or str(location[0])


def _unavailable(request: Request, error: Exception) -> Response:
    _log.error("a report failed: %s", describe_error(error))
    title, detail = "The warehouse did not answer", "Nothing was lost; try again shortly."
    if is_page(request):
        return page("problem.html", None, 503, heading=title, told=detail)
    return _problem(503, "warehouse-unavailable", title, detail)


def _no_route(request: Request, error: Exception) -> Response:
    found = cast("HTTPException", error)
    phrase = HTTPStatus(found.status_code).phrase
    detail = "See /v1/reports for the reports that exist; they are read with GET."
    code = phrase.lower().replace(" ", "-")
    if is_page(request):
        answer = problem_page(request, found.status_code, code, phrase, "Pages are read with GET.")
        answer.headers.update(found.headers or {})
        return answer
    return _document(
        {
            "type": PROBLEM_TYPE_PREFIX + code,
            "title": phrase,
            "status": found.status_code,
            "detail": detail,
        },
        found.headers,
    )
