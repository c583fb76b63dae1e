"""The published segment: its size, its members, and who may see their names."""

from __future__ import annotations

import datetime as dt
import uuid

import httpx
import pytest

from medspa.kernel.vocabulary import Permission
from tests.support.lived import Lived
from tests.support.problems import problem

pytestmark = pytest.mark.timeout(900)
ONE = dt.timedelta(days=1)
SEGMENT = "neurotoxin_due_14_days"
MEMBERS = f"/v1/segments/{SEGMENT}/members"
MAY_SEE_MEMBERS = (Permission.SEGMENT_MEMBERS, Permission.CHART_READ, Permission.CLIENT_READ)


def test_a_small_segment_does_not_tell_its_size(http: httpx.Client, lived: Lived) -> None:
    items = http.get("/v1/segments", headers=lived.key(Permission.SEGMENT_READ)).json()["items"]
    (shown,) = [one for one in items if one["code"] == SEGMENT]
    assert (shown["code"], shown["members"], shown["as_of"]) == (SEGMENT, "< 11", str(lived.day))
    assert shown["reveals_treatment"] is True
    assert problem(http.get("/v1/segments", headers=lived.key(Permission.REPORT_FINANCE))) == (
        403,
        "forbidden",
    )


def test_who_is_due_and_why(http: httpx.Client, lived: Lived) -> None:
    """Two full treatments count 90 days each; the touch-up 60 days before the day moves nothing."""
    items = http.get(MEMBERS, headers=lived.key(*MAY_SEE_MEMBERS)).json()["items"]
    shown = [(one["client_id"], one["due_on"], one["reason"]) for one in items]
    due, touched_up = lived.told.due_clients
    assert shown == [
        (due, str(lived.day + 10 * ONE), "neurotoxin_due"),
        (touched_up, str(lived.day + 12 * ONE), "neurotoxin_due"),
    ]
    assert all(one["first_name"] and one["last_name"] and one["suppressed"] == [] for one in items)
    assert lived.disclosed("segment.members") == {uuid.UUID(due), uuid.UUID(touched_up)}


def test_the_touch_up_is_a_visit_but_starts_no_cycle(lived: Lived) -> None:
    connection = lived.warehouse.connect("build")
    rows = connection.execute(
        "select last_full_on, due_on, last_visit_on from marts.client_cycle"
        " where org_id = %s and category_code = 'neurotoxin' and last_visit_on > last_full_on",
        (lived.org_id,),
    ).fetchall()
    connection.rollback()
    day = lived.day
    assert rows == [(day - 78 * ONE, day + 12 * ONE, day - 60 * ONE)]


def test_members_come_in_pages(http: httpx.Client, lived: Lived) -> None:
    key, found, cursor = lived.key(*MAY_SEE_MEMBERS), [], ""
    while cursor is not None:
        page = http.get(MEMBERS, params={"limit": 1, **({"cursor": cursor} if cursor else {})}, headers=key)
        found += [one["client_id"] for one in page.json()["items"]]
        cursor = page.json()["next_cursor"]
    assert found == lived.told.due_clients


def test_names_with_a_treatment_need_both_permissions(http: httpx.Client, lived: Lived) -> None:
    for missing in (Permission.SEGMENT_MEMBERS, Permission.CHART_READ):
        key = lived.key(*(set(Permission) - {missing}))
        refused = http.get(MEMBERS, headers=key)
        assert problem(refused) == (403, "forbidden")
        assert not any(client in refused.text for client in lived.told.due_clients)


def test_another_organization_has_no_such_segment(http: httpx.Client, lived: Lived) -> None:
    headers = lived.neighbour.made.headers
    assert problem(http.get(MEMBERS, headers=headers)) == (404, "segment-not-published")
    assert http.get("/v1/segments", headers=headers).json()["items"] == []
