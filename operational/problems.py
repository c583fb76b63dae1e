"""Errors over HTTP: RFC 9457 problem documents. They say what to fix and never echo what was sent.

Where the route is a page's, the same error is shown as one (pages.py).
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, cast

import psycopg
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.exc import DBAPIError
from starlette.exceptions import HTTPException

from medspa.kernel.errors import PROBLEM_TYPE_PREFIX, DomainError
from medspa.kernel.logging import describe_error
from operational.database_errors import constraint_of, meaning_of
from operational.ledger.errors import from_database
from operational.pages import is_page, problem_page

MEDIA_TYPE = "application/problem+json"
_log = logging.getLogger("medspa.http")
_SHOWABLE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,40}")
describe = describe_error
_OWN_WORDS = {
    "uuid_parsing": "Send an id in the form of a UUID.",
    "uuid_type": "Send an id in the form of a UUID.",
    "extra_forbidden": "This field is not known here; leave it out.",
    "missing": "This field is required.",
}


class FieldError(BaseModel):
    """One field that must be changed."""

    field: str = Field(examples=["items[0].starts_at"])
    message: str


class Problem(BaseModel):
    """A problem document (RFC 9457). `type` is stable; further members depend on it."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(examples=["urn:medspa:problem:not-found"])
    title: str
    status: int
    detail: str
    errors: list[FieldError] | None = None


def problem_body(status: int, code: str, title: str, detail: str = "", **extra: Any) -> dict[str, Any]:
    return {
        "type": PROBLEM_TYPE_PREFIX + code,
        "title": title,
        "status": status,
        "detail": detail or title,
        **extra,
    }


class ProblemAnswer(Response):
    """A problem document as an answer."""

    def __init__(self, document: Mapping[str, Any], headers: Mapping[str, str]) -> None:
        self.document, self.sent = document, headers
        super().__init__(json.dumps(document, default=str), int(document["status"]), headers, MEDIA_TYPE)


def problem(body: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> ProblemAnswer:
    sent = dict(headers or {})
    if int(body["status"]) == 401:
        sent.setdefault("WWW-Authenticate", "Bearer")
    if "retry_after_seconds" in body:
        sent.setdefault("Retry-After", str(body["retry_after_seconds"]))
    return ProblemAnswer(body, sent)


def _location(loc: Sequence[Any]) -> str:
    """`("body", "items", 0, "starts_at")` → `items[0].starts_at`; names that we did not choose are hidden."""
    path = ""
    for part in loc[1:] if len(loc) > 1 else loc:
        if isinstance(part, int):
            path += f"[{part}]"
        else:
            shown = part if _SHOWABLE_NAME.fullmatch(str(part)) else "?"
            path += f".{shown}" if path else str(shown)
    return path or "body"


def field_errors(errors: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    return [
        {
            "field": _location(error["loc"]),
            "message": _OWN_WORDS.get(error["type"], str(error["msg"]).removeprefix("Value error, ")),
        }
        for error in errors
    ]


def _is_json(content_type: str) -> bool:
    kind = content_type.split(";")[0].strip().lower()
    return kind == "application/json" or (kind.startswith("application/") and kind.endswith("+json"))


def on_validation_error(request: Request, error: Exception) -> ProblemAnswer:
    errors = cast(RequestValidationError, error).errors()
    if any(one["type"] == "json_invalid" for one in errors):
        detail = "The body is not valid JSON: it ends too early or has a stray character."
        return problem(problem_body(400, "malformed-json", "The body cannot be read", detail))
    content_type = request.headers.get("content-type", "")
    whole_body = any(tuple(one["loc"]) == ("body",) for one in errors)
    if whole_body and not _is_json(content_type) and request.headers.get("content-length") != "0":
        detail = "Send the body as application/json."
        return problem(problem_body(415, "unsupported-media-type", "This body is not JSON", detail))
    named = field_errors(errors)
    detail = "Change " + ", ".join(sorted({one["field"] for one in named})) + "."
    return problem(problem_body(422, "validation", "Some fields are not acceptable", detail, errors=named))


def on_domain_error(request: Request, error: Exception) -> ProblemAnswer:
    found = cast(DomainError, error)
    if found.status >= 500:
        _log.error("request %s failed: %s", request.state.request_id, describe(found))
    return problem(found.problem())


def on_http_exception(_request: Request, error: Exception) -> ProblemAnswer:
    found = cast(HTTPException, error)
    phrase = HTTPStatus(found.status_code).phrase
    details = {
        404: "There is nothing at this address.",
        405: "This address does not take this method.",
        413: "The body is too large.",
        400: "The body cannot be read.",
    }
    code = phrase.lower().replace(" ", "-")
    body = problem_body(found.status_code, code, phrase, details.get(found.status_code, phrase))
    return problem(body, found.headers)


def on_database_error(request: Request, error: Exception) -> ProblemAnswer:
    refused = from_database(error)
    if refused is not None:
        return on_domain_error(request, refused)
    meaning = meaning_of(error)
    if meaning is None:
        return on_unexpected(request, error)
    extra = {"constraint": name} if (name := constraint_of(error)) else {}
    return problem(problem_body(meaning.status, meaning.code, meaning.title, **extra))


def on_unexpected(request: Request, error: Exception) -> ProblemAnswer:
    request_id = request.state.request_id
    _log.error("request %s failed: %s", request_id, describe(error))
    detail = f"Nothing was changed. Quote the request id {request_id} when you report this."
    return problem(problem_body(500, "internal", "Something went wrong on our side", detail))


def shown(handle: Callable[[Request, Exception], ProblemAnswer]) -> Callable[[Request, Exception], Response]:
    """The handler's answer in the form that the route's callers read."""

    def answer(request: Request, error: Exception) -> Response:
        found = handle(request, error)
        return problem_page(request, found.document, found.sent) if is_page(request) else found

    return answer


def install(app: FastAPI) -> None:
    """Register the handlers. What none of them takes is answered by operational.middleware."""
    app.add_exception_handler(DomainError, shown(on_domain_error))
    app.add_exception_handler(RequestValidationError, shown(on_validation_error))
    app.add_exception_handler(HTTPException, shown(on_http_exception))
    app.add_exception_handler(DBAPIError, shown(on_database_error))
    app.add_exception_handler(psycopg.Error, shown(on_database_error))
