"""A QR code as part of a page: drawn here, asked of nobody."""

from __future__ import annotations

import segno
from markupsafe import Markup

QUIET = 4
"""Modules of white around it that readers need."""


def qr_code(content: str, title: str) -> Markup:
    """Scalable vector graphics without styles of their own. `title` says what it is for."""
    drawn = segno.make(content, error="m").svg_inline(border=QUIET, title=title, omitsize=True)
    return Markup(drawn)  # noqa: S704 - the drawing holds modules, and a title that segno escapes
