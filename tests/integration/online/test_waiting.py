"""Who finds no time joins the waitlist by themselves, and nobody learns by it who is known or waits."""

from __future__ import annotations

import re
import uuid
from datetime import date, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from medspa.kernel import clock
from medspa.kernel.settings import Settings
from operational.online import finish, sweep, waiting
from tests.factories.booking import add_service
from tests.factories.online import OnlineSetUp, Visitor, join, waiting_form

pytestmark = pytest.mark.usefixtures("nobody_waits")
WISHES = "select count(*) from waitlist_entry where status = 'waiting'"
PEOPLE = "select count(*) from client where source = 'online_waitlist'"


def listed(http: TestClient, setup: OnlineSetUp) -> list[dict[str, Any]]:
    answer = http.get(f"/v1/waitlist?location_id={setup.made.location_id}", headers=setup.made.headers)
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


def test_who_finds_no_time_joins_from_the_page_of_times(
    setup: OnlineSetUp, visitor: Visitor, http: TestClient
) -> None:
    visitor.get(f"{setup.path}/times?service={setup.free}&provider=")
    (link,) = re.findall(r'href="([^"]+/waitlist\?[^"]+)"', visitor.page)
    assert visitor.get(link.replace("&amp;", "&")).status == 200
    last = clock.now().date() + timedelta(days=20)
    done = join(visitor, setup, weekdays=["1", "3"], part="afternoon", until=last.isoformat())
    assert (done.status, "You are on the waitlist" in done.page) == (200, True)
    (wish,) = listed(http, setup)
    assert (wish["by_client"], wish["weekdays"], wish["provider_id"]) == (True, [1, 3], None)
    assert (wish["from_minute"], wish["until_minute"], wish["until_date"]) == (720, 1020, last.isoformat())
    assert wish["service_ids"] == [setup.free]
    client = http.get(f"/v1/clients/{wish['client_id']}", headers=setup.made.headers).json()
    assert (client["phone"], client["source"]) == ("+12125550188", "online_waitlist")
    assert join(visitor, setup, part="evening").status == 200
    # The desk is told once an hour, and led to the list at the wish's location.
    assert setup.one("select subject_id from notification where kind = 'joined_waitlist'") == uuid.UUID(
        wish["id"]
    )


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"phone": "1"}, "Enter a mobile number"),
        ({"email": ""}, "Enter an e-mail address"),
        ({"until": "2020-01-01"}, "Choose a day from today on"),
        ({"until": "9999-12-31"}, "Choose a day from today on"),
        ({"until": "soon"}, "Choose a day from today on"),
        ({"stamp": "AAAA"}, "Send it once more"),
    ],
)
def test_what_is_wrong_is_said_beside_what_was_typed(
    setup: OnlineSetUp, visitor: Visitor, typed: dict[str, Any], said: str
) -> None:
    answer = join(visitor, setup, **{"first_name": "Wanda", "weekdays": ["2"], **typed})
    assert (answer.status, said in answer.page) == (422, True)
    assert 'value="Wanda"' in answer.page
    assert 'name="weekdays" value="2" checked' in answer.page
    assert setup.one(WISHES) == 0


@pytest.mark.parametrize("typed", [{"website": "x"}, {"weekdays": ["9"]}, {"provider": "somebody"}])
def test_programs_join_nothing(setup: OnlineSetUp, visitor: Visitor, typed: dict[str, Any]) -> None:
    before = setup.one(WISHES)
    answer = join(visitor, setup, **typed)
    # A provider that is none means anybody, as on the page of times.
    assert (answer.status, setup.one(WISHES) - before) in ((422, 0), (200, 1))
    assert (answer.status == 200) == ("provider" in typed)


def test_what_asks_for_a_card_or_is_closed_has_no_waitlist(
    setup: OnlineSetUp, visitor: Visitor, http: TestClient
) -> None:
    assert waiting_form(visitor, setup, setup.deposit).status == 404
    assert "/waitlist?" not in visitor.get(f"{setup.path}/times?service={setup.deposit}&provider=").page
    place = f"/v1/locations/{setup.made.location_id}/online"
    kept = http.get(place, headers=setup.made.headers).json()
    kept.pop("location_id")
    for open_ in (False, True):
        changed = {**kept, "waitlist_open": open_}
        assert http.put(place, json=changed, headers=setup.made.headers).is_success
        shown = visitor.get(f"{setup.path}/times?service={setup.free}&provider=").page
        assert (waiting_form(visitor, setup).status, "/waitlist?" in shown) == (200 if open_ else 404, open_)


def test_an_age_limit_holds_for_the_whole_wish(
    setup: OnlineSetUp, visitor: Visitor, http: TestClient
) -> None:
    limited = str(add_service(setup.made, "Adults only"))
    rule = {"min_age": 18}
    made = setup.made
    assert http.put(f"/v1/services/{limited}/booking-rule", json=rule, headers=made.headers).is_success
    assert http.put(f"/v1/online-services/{limited}", json={"offered": True}, headers=made.headers).is_success
    missing = join(visitor, setup, service=limited)
    assert (missing.status, "Enter your date of birth" in missing.page) == (422, True)
    today = clock.now().date()
    young = join(visitor, setup, service=limited, birth_date=str(today - timedelta(days=17 * 365)))
    assert (young.status, "not for people of your age" in young.page) == (422, True)
    soon = date(today.year - 18, today.month, 1) + timedelta(days=45)
    until = str(soon.replace(year=today.year) + timedelta(days=1))
    assert join(visitor, setup, service=limited, birth_date=str(soon), until=until).status == 200


def test_records_of_the_same_person_are_suggested_afterwards_and_a_wish_stands_once(
    setup: OnlineSetUp, visitor: Visitor, work: finish.Work, settings: Settings
) -> None:
    known = setup.made.client("Vera", "Visitor", phone="+12125550188")
    people, last = setup.one(PEOPLE), clock.now().date() + timedelta(days=40)
    first, again = join(visitor, setup).page, join(visitor, setup, until=str(last)).page
    # Known or not, waiting or not: the same page, and a record of one's own.
    assert (first == again, setup.one(PEOPLE) - people, setup.one(WISHES)) == (True, 2, 2)
    assert join(visitor, setup, part="evening").status == 200
    sweep.look_after(work, settings, setup.made.org_id)
    # Asked again for longer: who asked first keeps their place, for as long.
    stands = (
        "select string_agg(until_date::text, ' ' order by id) from waitlist_entry where status = 'waiting'"
    )
    assert setup.one(stands).split()[0] == str(last)
    assert setup.one(WISHES) == 2
    assert setup.one("select count(*) from task where kind = 'match_client'") == 3
    assert setup.one(
        "select count(*) from client_duplicate where :id in (client_id, other_client_id)", id=known
    )
    done = setup.one("select count(*) from waitlist_entry where matched_at is null")
    sweep.look_after(work, settings, setup.made.org_id)
    assert (done, setup.one(WISHES)) == (0, 2)


@pytest.mark.parametrize(
    "other", [{"email": "own@visitor.example"}, {"phone": "2125550111"}, {"first_name": "Vero"}]
)
def test_nobody_ends_anothers_wish_with_their_phone_or_address(
    setup: OnlineSetUp, visitor: Visitor, work: finish.Work, settings: Settings, other: dict[str, str]
) -> None:
    assert join(visitor, setup, **other).status == 200
    assert join(visitor, setup).status == 200
    with setup.database.session("owner") as session:
        # What the desk took out of a record meanwhile is like nobody's.
        session.execute(
            text("update client set email = null where id = (select client_id from waitlist_entry limit 1)")
        )
    sweep.look_after(work, settings, setup.made.org_id)
    assert setup.one(WISHES) == 2


def test_one_person_has_so_many_wishes_and_a_location_so_many_an_hour(
    setup: OnlineSetUp,
    visitor: Visitor,
    work: finish.Work,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(waiting, "MOST_WISHES", 2)
    for days in (["0"], ["1"], ["2"]):
        assert join(visitor, setup, weekdays=days).status == 200
    sweep.look_after(work, settings, setup.made.org_id)
    assert setup.one(
        "select array_agg(weekdays[1] order by id) from waitlist_entry where status = 'waiting'"
    ) == [
        0,
        1,
    ]
    for bound in ("MOST_JOINED", "MOST_WAITING"):
        with monkeypatch.context() as patch:
            patch.setattr(waiting, bound, 2)
            busy = join(visitor, setup, phone="2125550144", email="other@visitor.example")
            assert (busy.status, 'value="other@visitor.example"' in busy.page) == (429, True)
