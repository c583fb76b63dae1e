"""Who may not book online, who may show its pages within theirs, and what it asks of everybody alike."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from fastapi.testclient import TestClient

from medspa.kernel import clock
from operational.models import BookingRule
from tests.factories.booking import add_service
from tests.factories.online import VISITOR, OnlineSetUp, Visitor

MINUTE = timedelta(minutes=1)


def test_programs_are_held_up(setup: OnlineSetUp, visitor: Visitor, start: datetime) -> None:
    visitor.choose(setup, setup.free, start)
    held = visitor.at
    visitor.send("/details", accepted="true", **VISITOR, website="https://spam.example")
    assert (visitor.status, setup.visits(start)) == (422, [])
    visitor.get(held).send("/details", accepted="true", **VISITOR)
    assert "That was quick" in visitor.page
    assert setup.visits(start) == []
    visitor.get(held)
    with clock.frozen(clock.now() + 5 * MINUTE):
        answers = {visitor.post(f"{held}/keep").status for _ in range(20)}
    assert answers == {200, 429}


def test_only_the_practices_own_sites_may_frame_the_pages(
    setup: OnlineSetUp, visitor: Visitor, http: TestClient, start: datetime
) -> None:
    def policy(path: str) -> tuple[str, str | None]:
        answer = http.get(path)
        frames = re.search(r"frame-ancestors ([^;]+)", answer.headers["content-security-policy"])
        return frames[1] if frames else "", answer.headers.get("x-frame-options")

    assert policy(f"{setup.path}?embed=1") == ("'none'", "DENY")
    sites = {"origins": ["https://practice.example", "https://www.practice.example:8443"]}
    assert http.put("/v1/online-origins", json=sites, headers=setup.made.headers).is_success
    assert policy(setup.path) == ("'none'", "DENY")
    assert policy(f"{setup.path}?embed=1") == (" ".join(sites["origins"]), None)
    visitor.get(f"{setup.path}/times?service={setup.free}&from={start.date()}&embed=1")
    visitor.send("/hold", starts_at=start.isoformat())
    assert policy(visitor.at) == (" ".join(sites["origins"]), None)
    bad = {"origins": ["https://a.example; script-src *"]}
    assert http.put("/v1/online-origins", json=bad, headers=setup.made.headers).status_code == 422


def test_several_services_follow_one_another_and_an_age_limit_asks_everybody(
    setup: OnlineSetUp, visitor: Visitor, start: datetime
) -> None:
    limited = add_service(setup.made, "Laser", hands=45)
    with setup.database.session("owner") as session:
        session.add(BookingRule(org_id=setup.made.org_id, service_id=limited, min_age=18))
    path = f"/v1/online-services/{limited}"
    assert visitor.http.put(path, json={"offered": True}, headers=setup.made.headers).is_success
    visitor.get(f"{setup.path}/times?service={setup.free}&service={limited}&from={start.date()}")
    visitor.send("/hold", starts_at=start.isoformat())
    held = visitor.at
    born = start.date().replace(year=start.year - 18) + timedelta(days=1)
    visitor.fill(birth_date=born.isoformat())
    assert (visitor.status, "not for people of your age" in visitor.page) == (422, True)
    visitor.at = held
    visitor.fill(birth_date=(born - timedelta(days=1)).isoformat())  # eighteen on the very day
    assert "You are booked" in visitor.page
    spans = "select string_agg((extract(epoch from i.ends_at - i.starts_at) / 60)::int::text, ' '"
    spans += " order by i.position) from appointment_item i"
    spans += " join appointment a on a.id = i.appointment_id where a.starts_at = :at"
    assert setup.one(spans, at=start) == "30 45"
