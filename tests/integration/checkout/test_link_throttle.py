"""Strangers who try payment links are slowed down by their address, and nobody else is."""

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
from operational.checkout.outside_endpoints import FREE_TRIES_PER_ADDRESS
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


def test_tries_from_an_address_wait_and_those_from_others_do_not(shop: Shop, http: TestClient) -> None:
    token = link(shop)
    stranger, client = at(http, "198.51.100.7"), at(http, "198.51.100.8")
    with clock.frozen(clock.now()):
        for _ in range(FREE_TRIES_PER_ADDRESS + MORE):
            # Looking at one's own link is no failure, however often.
            assert stranger.post("/v1/payment-links/view", json={"token": token}).status_code == 200
        assert guesses(stranger) == {410: FREE_TRIES_PER_ADDRESS, 429: MORE}
        for path in ("view", "pay"):
            body = {"token": token} | ({"payment_token": "tok_visa"} if path == "pay" else {})
            refused = stranger.post(f"/v1/payment-links/{path}", json=body)
            assert (refused.status_code, refused.headers["content-type"]) == (429, "application/problem+json")
            assert refused.json()["type"].endswith("too-many-attempts")
            assert refused.headers["retry-after"] == str(refused.json()["retry_after_seconds"]) == "2"
        assert client.post("/v1/payment-links/view", json={"token": token}).status_code == 200
    with clock.frozen(clock.now() + timedelta(seconds=5)):
        paid = stranger.post("/v1/payment-links/pay", json={"token": token, "payment_token": "tok_visa"})
        assert (paid.status_code, paid.json()["status"]) == (200, "succeeded")


def test_control_without_the_counter_every_guess_goes_through(
    http: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(throttle, "claim", lambda *_: 0)
    assert guesses(at(http, "198.51.100.9")) == {410: FREE_TRIES_PER_ADDRESS + MORE}
