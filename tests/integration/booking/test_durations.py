"""A service takes its own time with a client: what is offered, booked and said of it agree, whoever books."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.conftest import MakeSettings
from tests.factories.booking import add_provider, add_service, add_shift
from tests.factories.organization import OrganizationSetUp, organization
from tests.support.api import client_of
from tests.support.databases import Database

HOUR = timedelta(hours=1)


@pytest.fixture
def http(
    operational: Database, make_settings: MakeSettings, setup: OrganizationSetUp
) -> Iterator[TestClient]:
    with client_of(make_settings(operational)) as client:
        client.headers.update(setup.headers)
        yield client


def keep(http: TestClient, client_id: uuid.UUID, service_id: uuid.UUID, minutes: int | None) -> Any:
    return http.put(f"/v1/clients/{client_id}/durations/{service_id}", json={"minutes": minutes})


def book(
    http: TestClient, setup: OrganizationSetUp, start: datetime, client_id: uuid.UUID, **item: Any
) -> Any:
    asked = {"service_id": str(setup.service_id), **item}
    body = {
        "client_id": str(client_id), "location_id": str(setup.location_id), "starts_at": start.isoformat(),
        "items": [asked],
    }  # fmt: skip
    answer = http.post("/v1/appointments", json=body)
    assert answer.is_success, answer.text
    return answer.json()


def lasts(visit: Any) -> int:
    ends, starts = (datetime.fromisoformat(visit[name]) for name in ("ends_at", "starts_at"))
    return int((ends - starts) / timedelta(minutes=1))


def free(http: TestClient, setup: OrganizationSetUp, start: datetime, client_id: uuid.UUID) -> list[datetime]:
    query = f"location_id={setup.location_id}&service_id={setup.service_id}&client_id={client_id}"
    day = start.date()
    answer = http.get(f"/v1/availability?{query}&from={day}&to={day}")
    assert answer.is_success, answer.text
    return [datetime.fromisoformat(one["starts_at"]) for one in answer.json()["items"]]


def test_times_offered_and_visits_booked_take_as_long_as_with_this_client(
    http: TestClient, setup: OrganizationSetUp, start: datetime
) -> None:
    slow, quick = setup.client("Slow"), setup.client("Quick")
    usual = lasts(book(http, setup, start, quick))
    assert keep(http, slow, setup.service_id, 90).json()["minutes"] == 90
    end = max(free(http, setup, start, quick))
    assert max(free(http, setup, start, slow)) == end - timedelta(minutes=90 - usual)
    visit = book(http, setup, start + 2 * HOUR, slow)
    assert lasts(visit) == 90
    # Where somebody says how long this visit takes, that counts; and who else comes takes the usual time.
    assert lasts(book(http, setup, start + 4 * HOUR, slow, minutes=usual + 5)) == usual + 5
    listed = http.get(f"/v1/clients/{slow}/durations").json()["items"]
    assert [(one["service_id"], one["minutes"]) for one in listed] == [(str(setup.service_id), 90)]
    assert keep(http, slow, setup.service_id, None).json()["minutes"] is None
    assert http.get(f"/v1/clients/{slow}/durations").json()["items"] == []
    assert max(free(http, setup, start, slow)) == end
    # What stands takes what it took, whatever is said since.
    assert lasts(http.get(f"/v1/appointments/{visit['id']}").json()) == 90


def test_a_provider_with_another_time_takes_the_clients_time_too(
    http: TestClient, setup: OrganizationSetUp, start: datetime
) -> None:
    other, client = add_provider(setup), setup.client("Own")
    add_shift(setup, start - HOUR, start + 5 * HOUR, staff_id=other)
    own = {"performs": True, "provider_minutes": 50}
    assert http.put(f"/v1/services/{setup.service_id}/performers/{other}", json=own).is_success
    asked = {"provider_id": str(other)}
    assert lasts(book(http, setup, start, setup.client("Else"), **asked)) == 50
    keep(http, client, setup.service_id, 20)
    assert lasts(book(http, setup, start + HOUR, client, **asked)) == 20


def test_all_records_of_a_person_are_read_together_the_latest_first(
    http: TestClient, setup: OrganizationSetUp, start: datetime
) -> None:
    left, kept = setup.client("Ida", "Twice"), setup.client("Ida", "Twice")
    keep(http, kept, setup.service_id, 40)
    keep(http, left, setup.service_id, 65)
    preview = http.get(f"/v1/clients/{kept}/merge-preview?other_client_id={left}")
    merge = {"client_id": str(left)}
    version = {"If-Match": preview.headers["ETag"]}
    assert http.post(f"/v1/clients/{kept}/merges", json=merge, headers=version).is_success
    assert lasts(book(http, setup, start, kept)) == 65
    assert keep(http, left, setup.service_id, 30).status_code == 409
    keep(http, kept, setup.service_id, 25)
    assert lasts(book(http, setup, start + 2 * HOUR, kept)) == 25


@pytest.mark.parametrize(("minutes", "status"), [(4, 422), (721, 422), ("long", 422), (5, 200), (720, 200)])
def test_lengths_are_minutes_that_a_visit_may_take(
    http: TestClient, setup: OrganizationSetUp, minutes: Any, status: int
) -> None:
    assert keep(http, setup.client("Any"), setup.service_id, minutes).status_code == status


def test_nobody_sets_lengths_of_another_organization(
    http: TestClient, setup: OrganizationSetUp, operational: Database
) -> None:
    other = organization(operational)
    assert keep(http, other.client("Else"), setup.service_id, 30).status_code == 404
    assert keep(http, setup.client("Mine"), add_service(other, "Theirs"), 30).status_code == 404
    assert http.get(f"/v1/clients/{other.client('More')}/durations").status_code == 404
