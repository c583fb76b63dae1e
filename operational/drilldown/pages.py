"""From a report's row to the page of the record behind its token, and the way back."""

from __future__ import annotations

import uuid
from urllib.parse import quote

from fastapi import Response

from operational.drilldown.endpoints import Opener, opened_record
from operational.drilldown.service import Kind
from operational.pages import HOME, Back, own_path, page_router, redirect

pages = page_router()


@pages.get("/drill-down/{kind}/{token}")
def open_page(unit: Opener, kind: Kind, token: uuid.UUID, back: Back = HOME) -> Response:
    record = opened_record(unit, kind, token)
    return redirect(f"/{kind}s/{record.id}?back={quote(own_path(back), safe='')}")
