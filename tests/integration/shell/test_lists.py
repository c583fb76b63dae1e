"""Lists of the desk in pages: every row once, names only for who may read them, back to where one was."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

from fastapi.testclient import TestClient

from medspa.kernel import clock
from medspa.kernel.vocabulary import Permission
from operational.paging import DEFAULT_LIMIT
from tests.factories.checkout import Shop
from tests.support.signed_in import signed_in

OVER = 2
"""Rows on the second page."""


def more(page: str) -> str:
    found = re.search(r'<a href="([^"]+)">More</a>', page)
    return unescape(found[1]) if found else ""


def wishes(http: TestClient, shop: Shop, count: int) -> None:
    today = clock.now().date()
    for number in range(count):
        wish = {
            "client_id": str(shop.made.client(f"Wish{number:03d}")),
            "location_id": str(shop.north),
            "service_ids": [str(shop.made.consultation_id)],
            "provider_id": None,
            "weekdays": [],
            "from_minute": 0,
            "until_minute": 1440,
            "from_date": today.isoformat(),
            "until_date": (today + timedelta(days=9)).isoformat(),
        }
        assert http.post("/v1/waitlist", json=wish, headers=shop.made.headers).status_code == 201


def test_everybody_who_waits_is_on_one_page_of_the_waitlist(http: TestClient, shop: Shop) -> None:
    wishes(http, shop, DEFAULT_LIMIT + OVER)
    with signed_in(http, shop):
        first = http.get("/waitlist").text
        second = http.get(more(first)).text
    seen = [re.findall(r">(Wish\d+) ", page) for page in (first, second)]
    assert [len(set(one)) for one in seen] == [DEFAULT_LIMIT, OVER]
    assert not set(seen[0]) & set(seen[1])
    assert more(second) == ""


def test_who_may_not_read_clients_sees_who_waits_without_names(http: TestClient, shop: Shop) -> None:
    wishes(http, shop, 1)
    booker = shop.made.staff([Permission.BOOKING_READ, Permission.BOOKING_WRITE])
    with signed_in(http, shop, booker):
        shown = http.get("/waitlist")
    assert (shown.status_code, "Wish000" in shown.text, "A client" in shown.text) == (200, False, True)


def test_a_task_that_is_done_leaves_one_where_one_was(http: TestClient, shop: Shop) -> None:
    due = clock.now() + timedelta(days=1)
    for number in range(DEFAULT_LIMIT + OVER):
        task = {
            "location_id": str(shop.north),
            "due_at": (due + timedelta(minutes=number)).isoformat(),
            "client_id": str(shop.made.client(f"Task{number:03d}")),
            "note": None,
        }
        assert http.post("/v1/tasks", json=task, headers=shop.made.headers).status_code == 201
    with signed_in(http, shop) as token:
        first = http.get("/tasks?everybody=true").text
        second = http.get(more(first)).text
        done = re.search(r'action="(/tasks/[^/]+/done\?[^"]+)"', second)
        assert done is not None
        answer = http.post(unescape(done[1]), data={"csrf_token": token}, follow_redirects=False)
        left = http.get(answer.headers["location"]).text
        assert (re.findall(r">(Task\d+) ", second)[1:], more(left)) == (re.findall(r">(Task\d+) ", left), "")
        (last,) = re.findall(r'action="(/tasks/[^/]+/done\?[^"]+)"', left)
        shown = http.post(unescape(last), data={"csrf_token": token}).text
    assert len(set(re.findall(r">(Task\d+) ", first))) == DEFAULT_LIMIT
    assert answer.headers["location"] == more(first)
    # Nobody is left where one was: the list begins again.
    assert len(set(re.findall(r">(Task\d+) ", shown))) == DEFAULT_LIMIT
