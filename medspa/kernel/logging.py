"""Logs without identifying values: one JSON object a line, known fields only, errors without messages.

A message's template is our own words and is kept; what is put into it is kept only when it cannot be
about a person: numbers, ids, times, words of the vocabulary, codes. Who logs what is the areas' matter.
"""

from __future__ import annotations

import datetime as dt
import enum
import json
import logging
import re
import sys
import threading
import traceback
import uuid
from decimal import Decimal
from pathlib import PurePath
from types import TracebackType
from typing import Any, TextIO

FIELDS = frozenset(
    {
        "request_id", "org_id", "location_id", "staff_id", "actor_kind", "route", "method", "status",
        "sqlstate", "duration_ms", "job", "batch_id", "table", "rows", "count", "attempt", "outcome", "code",
    }
)  # fmt: skip
"""`extra` fields that are written, codes in them too; any other is dropped."""

_PLAIN = (bool, int, float, Decimal, uuid.UUID, dt.date, dt.timedelta, enum.Enum, type(None))
_ROUTE = re.compile(r"(/([a-z0-9_.-]+|\{[a-z_]+\}))+/?|/|-|GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS")
"""A route's template and a method: what an access log is made of."""
_CODE = re.compile(r"[a-z0-9_.:-]{1,60}", re.IGNORECASE)
_OURS = ("medspa", "operational", "pipelines", "segments", "reporting_api", "exports", "data_quality")
HIDDEN = "[hidden]"
MAX_CAUSES = 4
FRAMES = 6


class Described(str):
    """Text made by `describe_error`: safe to log as it is."""

    __slots__ = ()


def describe_error(error: BaseException) -> Described:
    """An error's types, SQLSTATEs and places in the code, its causes too. No message, no values."""
    parts: list[str] = []
    seen: BaseException | None = error
    while seen is not None and len(parts) < MAX_CAUSES:
        frames = traceback.extract_tb(seen.__traceback__)
        shown = [one for one in frames if "site-packages" not in one.filename][-FRAMES:] or list(frames[-3:])
        places = " < ".join(f"{_place(one.filename)}:{one.lineno} {one.name}" for one in reversed(shown))
        state = getattr(getattr(seen, "orig", seen), "sqlstate", None)
        parts.append(f"{type(seen).__name__}{f' [{state}]' if state else ''} at {places or 'unknown place'}")
        seen = seen.__cause__ or (None if seen.__suppress_context__ else seen.__context__)
    return Described(" | caused by ".join(parts))


def _place(filename: str) -> str:
    return "/".join(PurePath(filename.replace("\\", "/")).parts[-2:])


def safe(value: Any) -> Any:
    """`value` when it cannot be about a person, else HIDDEN."""
    if isinstance(value, (*_PLAIN, Described)):
        return value
    if isinstance(value, str) and _ROUTE.fullmatch(value):
        return value
    if isinstance(value, BaseException):
        return describe_error(value)
    return HIDDEN


def _field(value: Any) -> Any:
    return value if isinstance(value, str) and _CODE.fullmatch(value) else safe(value)


class SafeFormatter(logging.Formatter):
    """One record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "at": dt.datetime.fromtimestamp(record.created, dt.UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": self._message(record),
        }
        line.update({name: _field(value) for name, value in vars(record).items() if name in FIELDS})
        if record.exc_info and record.exc_info[1] is not None:
            line["error"] = describe_error(record.exc_info[1])
        return json.dumps(line, default=str, ensure_ascii=False)

    def _message(self, record: logging.LogRecord) -> str:
        if not isinstance(record.msg, str):
            return str(safe(record.msg))
        if record.name.split(".")[0] not in _OURS and not record.args:
            # A library's finished sentence may quote anything; its template may not.
            return f"{HIDDEN} at {record.module}:{record.lineno}"
        try:
            return record.msg % _safe_arguments(record.msg, record.args) if record.args else record.msg
        except (TypeError, ValueError):
            return record.msg


def _safe_arguments(template: str, arguments: Any) -> Any:
    if isinstance(arguments, dict) and "%(" not in template:
        return (HIDDEN,)
    if isinstance(arguments, dict):
        return {name: safe(value) for name, value in arguments.items()}
    return tuple(safe(value) for value in arguments)


def configure(level: int = logging.INFO, stream: TextIO | None = None) -> logging.Handler:
    """Make this process log safely, uncaught errors and libraries' warnings too. Returns the handler."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(SafeFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    for name in _OURS:
        logging.getLogger(name).setLevel(level)
    for name in list(logging.root.manager.loggerDict):
        logger = logging.getLogger(name)
        logger.handlers[:] = []
        logger.propagate = True
    logging.captureWarnings(capture=True)
    sys.excepthook = _log_uncaught
    threading.excepthook = lambda failed: _log_uncaught(
        failed.exc_type, failed.exc_value, failed.exc_traceback
    )
    return handler


def _log_uncaught(
    kind: type[BaseException], error: BaseException | None, trace: TracebackType | None
) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error or kind(), trace)
        return
    logging.getLogger("medspa.uncaught").critical("uncaught error", exc_info=(kind, error or kind(), trace))
