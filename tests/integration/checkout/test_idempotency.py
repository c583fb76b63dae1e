"""One key, many requests at once: the work is done once, and the guard's absence shows."""

from __future__ import annotations

import uuid
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from medspa.kernel import clock
from medspa.kernel.ids import new_id
from medspa.kernel.settings import Settings
from medspa.kernel.vocabulary import Account
from operational.checkout import claims, errors
from operational.checkout.claims import Claim, StoredAnswer
from operational.models import IdempotencyKey, Payment
from tests.conftest import StartServer
from tests.factories.checkout import Shop
from tests.support.storm import Answer, Call, storm
from tests.support.together import ROUNDS

WRITERS = 4


@pytest.fixture
def url(shop: Shop, live_server: StartServer, tmp_path: Path) -> str:
    return live_server(Settings(home=tmp_path, operational=shop.database.dsns)).url


def deposit(shop: Shop, key: str, amount: int, tender: str) -> Call:
    means: dict[str, Any] = {"payment_token": "tok_visa"} if tender == "card" else {"tendered_minor": 50_000}
    body: dict[str, Any] = {
        "location_id": str(shop.north), "drawer_session_id": str(shop.drawers[shop.north]),
        "currency": "USD", "client_id": str(shop.client_id), "tender": tender, "amount_minor": amount,
        **means,
    }  # fmt: skip
    return Call("POST", "/v1/payments", body, {**shop.made.headers, "Idempotency-Key": key})


def payments_of(shop: Shop) -> int:
    with shop.database.session("owner") as session:
        return (
            session.scalar(
                select(func.count()).select_from(Payment).where(Payment.org_id == shop.made.org_id)
            )
            or 0
        )


def codes(answers: list[Answer]) -> set[tuple[int, str | None]]:
    return {(one.status, one.problem["type"] if one.problem else None) for one in answers}


@pytest.mark.timeout(400)
@pytest.mark.parametrize("tender", ["cash", "card"])
def test_the_same_request_at_once_is_done_once(shop: Shop, url: str, tender: str) -> None:
    keys = [uuid.uuid4().hex for _ in range(ROUNDS)]
    answers = storm(url, [[deposit(shop, key, 1_000, tender)] * WRITERS for key in keys])
    assert codes(answers) <= {(201, None), (409, "urn:medspa:problem:in-progress")}
    assert all(any(one.status == 201 for one in answers if one.round == at) for at in range(ROUNDS))
    assert payments_of(shop) == ROUNDS
    assert shop.balance(Account.CLIENT_DEPOSITS) == -ROUNDS * 1_000


@pytest.mark.timeout(400)
def test_one_key_with_two_bodies_at_once_does_one_of_them(shop: Shop, url: str) -> None:
    keys = [uuid.uuid4().hex for _ in range(ROUNDS)]
    rounds = [
        [deposit(shop, key, 1_000 if writer % 2 else 2_000, "cash") for writer in range(WRITERS)]
        for key in keys
    ]
    answers = storm(url, rounds)
    assert codes(answers) <= {
        (201, None),
        (409, "urn:medspa:problem:in-progress"),
        (422, "urn:medspa:problem:idempotency-key-reused"),
    }
    assert payments_of(shop) == ROUNDS


def test_without_claims_the_same_request_is_done_again(
    shop: Shop, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        claims, "claim", lambda _session, key, *_: Claim(new_id(), shop.made.org_id, key, clock.now())
    )
    monkeypatch.setattr(claims, "finish", lambda *_: None)
    storm(url, [[deposit(shop, uuid.uuid4().hex, 1_000, "cash")] * WRITERS])
    assert payments_of(shop) == WRITERS


def take(shop: Shop, key: str) -> Claim | StoredAnswer:
    with shop.transaction() as session:
        return claims.claim(session, key, "fingerprint", shop.actor.id)


def test_a_lapsed_claim_is_taken_over_and_its_first_holder_cannot_finish(shop: Shop) -> None:
    first = take(shop, "lapsing")
    assert isinstance(first, Claim)
    with pytest.raises(errors.InProgress):
        take(shop, "lapsing")
    with clock.frozen(clock.now() + timedelta(seconds=claims.CLAIM_SECONDS + 1)):
        second = take(shop, "lapsing")
    assert isinstance(second, Claim)
    assert second.request_key == first.request_key
    done = StoredAnswer(201, b"{}", None)
    with pytest.raises(errors.InProgress), shop.transaction() as session:
        claims.finish(session, first, done)
    with shop.transaction() as session:
        claims.release(session, first)
        claims.finish(session, second, done)
    assert take(shop, "lapsing") == done


def test_old_answers_are_forgotten(shop: Shop) -> None:
    held = take(shop, "old")
    assert isinstance(held, Claim)
    with shop.transaction() as session:
        claims.finish(session, held, StoredAnswer(200, b"", None))
    take(shop, "unfinished")
    with shop.transaction() as session:
        assert claims.forget(session) == 0
        assert claims.forget(session, before=clock.now() + timedelta(seconds=1)) == 1
    with shop.database.session("owner") as session:
        left = session.scalars(select(IdempotencyKey.key).where(IdempotencyKey.org_id == shop.made.org_id))
        assert list(left) == ["unfinished"]


def test_another_actor_with_the_same_key_and_body_is_another_request(shop: Shop) -> None:
    take(shop, "shared")
    with pytest.raises(errors.IdempotencyKeyReused), shop.transaction() as session:
        claims.claim(session, "shared", "fingerprint of somebody else", new_id())
