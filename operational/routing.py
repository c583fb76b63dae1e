"""Routers that are passed over at once for addresses of other areas, and whose refusals hold no locks.

FastAPI looks through every route of every included router for each request, once more at each level: that was
a third of what the server did. Which route answers is FastAPI's still.
"""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Callable
from functools import cached_property, wraps
from typing import Any

from fastapi import APIRouter
from fastapi.routing import iter_route_contexts
from sqlalchemy.exc import SQLAlchemyError
from starlette.routing import Match
from starlette.types import Scope

from operational.identity.unit import Unit

SHARED = frozenset({"", "v1"})
"""Segments at the beginning of many addresses, which tell no area from another."""
DEPTH = 4
"""Segments of an address that are looked at: none of ours begins with more that are shared."""


class AreaRouter(APIRouter):
    """Knows with which words its addresses begin. Routes are added before the first request."""

    def add_api_route(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        super().add_api_route(path, given_back(endpoint), **options)

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """As FastAPI has it, where the address may be of this router at all."""
        words = self._words
        if words is not None and words.isdisjoint(scope["path"].split("/", DEPTH)[:DEPTH]):
            return Match.NONE, {}
        return super().matches(scope)

    @cached_property
    def _words(self) -> frozenset[str] | None:
        """The first word of each address that is not shared; None when one may begin with anything."""
        found = set()
        for route in iter_route_contexts(self.routes):
            path: Any = getattr(route, "path", None)
            words = [one for one in path.split("/") if one not in SHARED] if isinstance(path, str) else []
            if not words or words[0].startswith("{"):
                return None
            found.add(words[0])
        return frozenset(found)


def given_back(endpoint: Callable[..., Any]) -> Callable[..., Any]:
    """The endpoint, which takes back at once what it did when it refuses.

    The unit of work ends in another thread, after a turn of the event loop. Until then whoever waits for the
    same time would wait for that too: sixteen who ask at once stand in line behind fifteen such turns.
    """
    if inspect.iscoroutinefunction(endpoint):
        return endpoint

    @wraps(endpoint)
    def run(**values: Any) -> Any:
        try:
            return endpoint(**values)
        except BaseException:
            for unit in (one for one in values.values() if isinstance(one, Unit)):
                # A connection that is gone has taken it back itself.
                with contextlib.suppress(SQLAlchemyError):
                    unit.session.rollback()
            raise

    return run
