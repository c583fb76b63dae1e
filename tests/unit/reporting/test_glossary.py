"""The glossary is made from the declarations, whole and safe to show."""

from __future__ import annotations

import re

from reporting_api import glossary
from reporting_api.catalog import metrics
from reporting_api.pages.page import page


def test_the_page_is_that_of_the_declarations() -> None:
    assert glossary.PAGE.read_text() == glossary.as_markdown(), "run: python -m reporting_api.glossary"


def test_every_metric_is_on_both_pages_once() -> None:
    markdown, html = (
        glossary.as_markdown(),
        bytes(page("glossary.html", None, **glossary.shown()).body).decode(),
    )
    assert [name for name in metrics() if markdown.count(f"`{name}`:") != 1] == []
    assert [name for name in metrics() if html.count(f'<section id="{name}">') != 1] == []
    assert re.findall(r"<script(?! src=)", html) == [], "scripts are files, so that the policy can name them"
