"""The page of a visit says what each event of its history changed, who did it and what was squeezed in."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

from fastapi.testclient import TestClient
from sqlalchemy import text

from medspa.kernel.vocabulary import SoftRule
from medspa.ui.values import clock_time, weekday
from operational.booking.items import add_items
from operational.booking.move import move
from operational.booking.schemas import Move, MovedItem, NewItem
from operational.etag import etag
from tests.factories.booking import (
    actor_of,
    add_provider,
    add_service,
    add_shift,
    book_visit,
    next_weekday,
    unit,
)
from tests.factories.checkout import Shop
from tests.factories.organization import TIMEZONE
from tests.support.pages import Page
from tests.support.signed_in import signed_in

HOUR = timedelta(hours=1)


def history(http: TestClient, visit: object) -> list[list[str]]:
    found = Page(http.get(f"/appointments/{visit}"))
    table = found.table("History")
    assert table.labels == ["When", "What", "Change", "By", "Why"]
    return [[cell.text for cell in row] for row in table.rows]


def test_the_history_says_what_each_change_was(http: TestClient, shop: Shop) -> None:
    made, start = shop.made, next_weekday()
    other = add_provider(made)
    for one in (made.provider_id, other):
        add_shift(made, start, start + 8 * HOUR, staff_id=one)
    service = add_service(made, "Glow", hands=30, after=30)
    more = add_service(made, "Rinse", hands=15)
    with made.database.session("owner") as session:
        known = text("select label from staff_member where id = :id")
        was, now = (session.scalar(known, {"id": one}) for one in (made.provider_id, other))
    actor, somebody = actor_of(made), made.client("Somebody", "Else")
    with unit(made.database, made) as session:
        visit = book_visit(session, made, start, service_id=service, provider_id=made.provider_id)
        book_visit(session, made, start + 5 * HOUR, service_id=service, provider_id=other, client_id=somebody)
    item = visit.items[0].id
    changes = [
        Move(starts_at=start + HOUR),
        Move(items=[MovedItem(item_id=item, provider_id=other, minutes=45)]),
        Move(starts_at=start + timedelta(hours=4, minutes=15), overrides={SoftRule.BUFFER}),
    ]
    for change in changes:
        with unit(made.database, made) as session:
            visit = move(session, actor, visit.id, change, etag(visit))
    with unit(made.database, made) as session:
        asked = [NewItem(service_id=more, provider_id=made.provider_id)]
        add_items(session, actor, visit.id, asked, (SoftRule.BUFFER,), etag(visit))

    first = start.astimezone(ZoneInfo(TIMEZONE))

    def clocks(at: timedelta, minutes: int) -> str:
        return f"{clock_time(first + at)} – {clock_time(first + at + timedelta(minutes=minutes))}"

    with signed_in(http, shop):
        rows = history(http, visit.id)
    told = [row[2] for row in rows]
    assert told[0] == f"{weekday(first)}, {clocks(timedelta(), 30)}Glow with {was}"
    assert told[1] == f"{clocks(HOUR, 30)} instead of {clocks(timedelta(), 30)}"
    assert told[2] == f"{clocks(HOUR, 45)} instead of {clocks(HOUR, 30)}{now} instead of {was}"
    assert "Squeezed in: a buffer" in rows[3][4]
    assert told[4].endswith("Added: Rinse")
