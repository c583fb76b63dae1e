"""Strangers who try payment links are slowed down by address, tries of one link by the link, nobody else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from functools import partial

import pytest
from fastapi.testclient import TestClient

from medspa.kernel import clock
from medspa.kernel.settings import Settings
from operational.checkout import payment_links
from operational.checkout.outside_endpoints import FREE_TRIES_PER_ADDRESS, FREE_TRIES_PER_LINK
from operational.checkout.payment_links import MAX_DECLINES
from operational.directory import throttle
from tests.factories.checkout import Shop, open_shop
from tests.support.api import client_of
from tests.support.databases import Database
from tests.support.together import together

MORE = 5
GUESSERS = 5


@pytest.fixture(scope="module")
def shop(operational_module: Database) -> Shop:
    return open_shop(operational_module)


@pytest.fixture(scope="module")
def http(shop: Shop, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    settings = Settings(home=tmp_path_factory.mktemp("home"), operational=shop.database.dsns)
    with client_of(settings) as client:
        yield client


def at(http: TestClient, host: str) -> TestClient:
    return TestClient(http.app, client=(host, 50_000), raise_server_exceptions=False)


def link(shop: Shop) -> str:
    with shop.transaction() as session:
        return payment_links.send_link(session, shop.actor, shop.invoice().invoice.id).token


def guesses(client: TestClient) -> Counter[int]:
    """Statuses of tries with tokens that nobody sent, several at once."""
    statuses: Counter[int] = Counter()

    def guess(number: int) -> int:
        body = {"token": f"{number:043d}", "payment_token": "tok_visa"}
        if number % 2:
            return client.post("/v1/payment-links/pay", json=body).status_code
        return client.post("/v1/payment-links/view", json={"token": body["token"]}).status_code

    for first in range(0, FREE_TRIES_PER_ADDRESS + MORE, GUESSERS):
        tried = together([partial(guess, first + one) for one in range(GUESSERS)])
        statuses.update(one for one in tried if isinstance(one, int))
    return statuses


def test_tries_from_an_address_wait_and_who_holds_a_link_does_not(shop: Shop, http: TestClient) -> None:
    """Payers and strangers share one address, as behind a proxy that is not told of."""
    token, unknown = link(shop), "x" * 43
    shared, other = at(http, "198.51.100.7"), at(http, "198.51.100.8")
    with clock.frozen(clock.now()):
        for _ in range(FREE_TRIES_PER_ADDRESS + MORE):
            # Looking at one's own link is no failure, however often.
            assert shared.post("/v1/payment-links/view", json={"token": token}).status_code == 200
        assert guesses(shared) == {410: FREE_TRIES_PER_ADDRESS, 429: MORE}
        for path in ("view", "pay"):
            body = {"token": unknown} | ({"payment_token": "tok_visa"} if path == "pay" else {})
            refused = shared.post(f"/v1/payment-links/{path}", json=body)
            assert (refused.status_code, refused.headers["content-type"]) == (429, "application/problem+json")
            assert refused.json()["type"].endswith("too-many-attempts")
            assert refused.headers["retry-after"] == str(refused.json()["retry_after_seconds"]) == "2"
        assert other.post("/v1/payment-links/view", json={"token": unknown}).status_code == 410
        assert shared.post("/v1/payment-links/view", json={"token": token}).status_code == 200
        paid = shared.post("/v1/payment-links/pay", json={"token": token, "payment_token": "tok_visa"})
        assert (paid.status_code, paid.json()["status"]) == (200, "succeeded")


def test_one_link_is_not_tried_from_many_addresses(shop: Shop, http: TestClient) -> None:
    token, start = link(shop), clock.now()

    def pay(number: int, card: str = "tok_declined") -> int:
        client = at(http, f"203.0.113.{number}")
        body = {"token": token, "payment_token": card}
        return client.post("/v1/payment-links/pay", json=body).status_code

    with clock.frozen(start):
        tried = [pay(number) for number in range(FREE_TRIES_PER_LINK + 2)]
    assert tried == [402] * FREE_TRIES_PER_LINK + [429] * 2
    for number in range(FREE_TRIES_PER_LINK, MAX_DECLINES):
        with clock.frozen(start + timedelta(minutes=number)):
            assert [pay(number), pay(100 + number)] == [402, 429 if number + 1 < MAX_DECLINES else 410]


def test_a_failure_counts_for_an_hour_whatever_succeeds_after_it(shop: Shop) -> None:
    engine, start = shop.database.engine("app"), clock.now()

    def attempt(minutes: int, *, succeeds: bool = False) -> int:
        against = throttle.shared("test", "198.51.100.20", 2)
        wait = throttle.claim(engine, against, start + timedelta(minutes=minutes))
        if succeeds:
            throttle.settle(engine, against, success=True)
        return wait

    assert [attempt(0), attempt(0), attempt(0)] == [0, 0, 2]
    assert [attempt(minutes, succeeds=True) for minutes in (20, 40, 59)] == [0, 0, 0]
    assert [attempt(61), attempt(61), attempt(61)] == [0, 0, 2]


def test_control_without_the_counter_every_guess_goes_through(
    http: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(throttle, "claim", lambda *_: 0)
    assert guesses(at(http, "198.51.100.9")) == {410: FREE_TRIES_PER_ADDRESS + MORE}


def test_the_addresses_of_one_subscriber_count_as_one(shop: Shop) -> None:
    """IPv6: of a /64, or a bot would take another address for each try. Mapped IPv4 is IPv4."""
    engine, now = shop.database.engine("app"), clock.now()

    def waits(*addresses: str) -> list[bool]:
        tried = [throttle.of_address("a-test", one, 1) for one in addresses]
        return [throttle.claim(engine, one, now) > 0 for one in tried]

    assert waits("2001:db8:1:2::3", "2001:db8:1:2:ffff::4", "2001:db8:1:3::3") == [False, True, False]
    assert waits("::ffff:198.51.100.9", "198.51.100.9", "::ffff:198.51.100.10") == [False, True, False]
    assert waits("not-an-address", "not-an-address") == [False, True]
