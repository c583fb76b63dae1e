"""Areas that are passed over for an address have no route for it: every route is found as without it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from fastapi import APIRouter, FastAPI
from fastapi.routing import iter_route_contexts
from starlette.routing import Match

from medspa.kernel.settings import Settings
from operational.app import create_app, routers
from operational.routing import AreaRouter

Found = dict[tuple[str, str], tuple[int, Match]]
TRIED = ("", "/", "/more")
"""What is put behind each address, for those that are none."""


def found(app: FastAPI) -> Found:
    """Address and method → which router takes it, and whether wholly."""
    answers: Found = {}
    for route in iter_route_contexts(app.routes):
        path = re.sub(r"{[^}]+}", "0192d2a4-0000-7000-8000-000000000000", str(route.path))
        for method in ("GET", "POST", "DELETE"):
            for behind in TRIED:
                scope: dict[str, Any] = {"type": "http", "method": method, "path": path + behind}
                scope |= {"root_path": "", "headers": []}
                each = [one.matches(dict(scope))[0] for one in app.router.routes]
                best = max(each, key=lambda one: one.value)
                answers[path + behind, method] = (each.index(best), best)
    return answers


def test_every_address_is_answered_as_by_looking_through_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = create_app(Settings(home=tmp_path))
    quick = found(app)
    monkeypatch.setattr(AreaRouter, "matches", APIRouter.matches)
    assert quick == found(app)
    assert sum(match is Match.FULL for _, match in quick.values()) > 500


def test_routers_know_their_words() -> None:
    """One alone may be asked for anything: it has the page at the root."""
    words = [one._words for one in routers() if isinstance(one, AreaRouter)]
    assert len(words) == len(routers())
    assert words.count(None) == 1
