"""A page as an answer: its template, its navigation, its headers. What it shows is endpoints.py's."""

from __future__ import annotations

from functools import cache
from typing import Any

from fastapi.responses import HTMLResponse
from jinja2 import Environment

from medspa.kernel.vocabulary import Permission
from medspa.ui.render import HEADERS, environment, render
from medspa.ui.shell import Shell
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
    shell = viewer and Shell(viewer.sign_out_token, viewer.may(Permission.REPORT_FINANCE))
    text = render(templates(), template, shell=shell, **context)
    return HTMLResponse(text, status, HEADERS)
