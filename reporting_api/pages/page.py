"""A page as an answer: its template, its navigation, its headers. What it shows is endpoints.py's."""

from __future__ import annotations

from functools import cache
from typing import Any

from fastapi.responses import HTMLResponse
from jinja2 import Environment

from medspa.ui.render import HEADERS, environment, render
from medspa.ui.shell import LOOKS
from reporting_api.catalog import NUMBERS
from reporting_api.pages.cells import number
from reporting_api.ports import Viewer


@cache
def templates() -> Environment:
    made = environment("reporting_api.pages")
    made.globals["numbers"] = NUMBERS
    made.globals["count"] = lambda value: number(value, "count")
    return made


def page(template: str, viewer: Viewer | None, status: int = 200, **context: Any) -> HTMLResponse:
    shell = viewer.shell if viewer else None
    text = render(templates(), template, shell=shell, look=shell.look if shell else LOOKS[0], **context)
    return HTMLResponse(text, status, HEADERS)
