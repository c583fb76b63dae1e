"""A process killed between processor and ledger, at every step: one charge, one posting, whoever recovers."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, text

from medspa.kernel.settings import Settings
from medspa.kernel.vocabulary import Account, LedgerEvent
from operational.checkout.processor.open import open_inprocess
from operational.checkout.reconcile import reconcile
from operational.models import JournalEntry, Payment, Payout
from tests.factories.checkout import Shop
from tests.support.api import client_of

MOMENTS = [
    "before_commit:1", "after_commit:1", "before_commit:2", "after_commit:2", "before_call", "after_call",
    "before_commit:3", "after_commit:3",
]  # fmt: skip
CHARGED = ("after_call", "before_commit:3", "after_commit:3")


@pytest.fixture
def settings(shop: Shop, tmp_path: Path) -> Settings:
    return Settings(home=tmp_path, operational=shop.database.dsns)


Doomed = subprocess.Popen[str]


@pytest.fixture(scope="module")
def doomed() -> Iterator[Doomed]:
    """The script whose forks die."""
    command = [sys.executable, "-m", "tests.support.crash_at_desk"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as script:
        yield script
        assert script.stdin is not None
        script.stdin.close()


class Desk:
    """One request, sent first by a process that dies and then again."""

    def __init__(
        self, doomed: Doomed, settings: Settings, shop: Shop, path: str, body: dict[str, Any]
    ) -> None:
        self.doomed, self.settings, self.shop, self.path, self.body = doomed, settings, shop, path, body
        self.headers = {**shop.made.headers, "Idempotency-Key": uuid.uuid4().hex}

    def send_and_die(self, moment: str) -> None:
        asked = {
            "settings": {"home": str(self.settings.home), "operational": self.settings.operational},
            "moment": moment, "path": self.path, "body": self.body, "headers": self.headers,
        }  # fmt: skip
        assert self.doomed.stdin is not None
        assert self.doomed.stdout is not None
        self.doomed.stdin.write(json.dumps(asked) + "\n")
        self.doomed.stdin.flush()
        assert int(self.doomed.stdout.readline()) == -signal.SIGKILL

    def send(self) -> Any:
        with client_of(self.settings) as client:
            return client.post(self.path, json=self.body, headers=self.headers)

    def let_claims_lapse(self) -> None:
        with self.shop.database.session("owner") as session:
            session.execute(text("update idempotency_key set claimed_until = now() - interval '1 second'"))


def entries(shop: Shop, event: LedgerEvent) -> int:
    with shop.database.session("owner") as session:
        return (
            session.scalar(
                select(func.count()).where(
                    JournalEntry.org_id == shop.made.org_id, JournalEntry.event == event
                )
            )
            or 0
        )


def rows(shop: Shop, model: type[Payment] | type[Payout]) -> list[str]:
    with shop.database.session("owner") as session:
        found = session.scalars(select(model.status).where(model.org_id == shop.made.org_id))
        return [status.value for status in found]


def recover(desk: Desk, settings: Settings, moment: str) -> Any:
    """Reconcile at once, be refused while the claim lives, and go on when it has lapsed."""
    reconcile(settings, older_than=timedelta(0))
    if moment not in ("before_commit:1", "after_commit:3"):
        assert desk.send().status_code == 409
    desk.let_claims_lapse()
    return desk.send()


@pytest.mark.timeout(120)
@pytest.mark.parametrize("moment", MOMENTS)
def test_a_payment_survives_a_kill(doomed: Doomed, shop: Shop, settings: Settings, moment: str) -> None:
    issued = shop.invoice()
    body = {
        "location_id": str(shop.north), "drawer_session_id": str(shop.drawers[shop.north]),
        "currency": "USD", "tender": "card", "payment_token": "tok_visa",
        "invoice_id": str(issued.invoice.id),
    }  # fmt: skip
    desk = Desk(doomed, settings, shop, "/v1/payments", body)
    desk.send_and_die(moment)
    assert len(open_inprocess(settings).operations()) == (1 if moment in CHARGED else 0)
    answer = recover(desk, settings, moment)
    assert (answer.status_code, answer.json()["status"]) == (201, "succeeded"), answer.text
    assert rows(shop, Payment) == ["succeeded"]
    assert entries(shop, LedgerEvent.PAYMENT_TAKEN) == 1
    assert [one["outcome"] for one in open_inprocess(settings).operations()] == ["succeeded"]
    assert shop.balance(Account.ACCOUNTS_RECEIVABLE) == 0
    assert shop.balance(Account.CARD_CLEARING) == 10_000


@pytest.mark.timeout(120)
@pytest.mark.parametrize("moment", MOMENTS[3:])
def test_a_refund_survives_a_kill(doomed: Doomed, shop: Shop, settings: Settings, moment: str) -> None:
    issued = shop.invoice()
    paying = {
        "location_id": str(shop.north), "drawer_session_id": str(shop.drawers[shop.north]),
        "currency": "USD", "tender": "card", "payment_token": "tok_visa",
        "invoice_id": str(issued.invoice.id),
    }  # fmt: skip
    paid = Desk(doomed, settings, shop, "/v1/payments", paying).send().json()
    memo = shop.credit(issued)
    body = {
        "currency": "USD", "credit_memo_id": str(memo.memo.id), "payment_id": paid["id"],
        "amount_minor": 10_000,
    }  # fmt: skip
    desk = Desk(doomed, settings, shop, "/v1/payouts", body)
    desk.send_and_die(moment)
    answer = recover(desk, settings, moment)
    assert (answer.status_code, answer.json()["status"]) == (201, "succeeded"), answer.text
    assert rows(shop, Payout) == ["succeeded"]
    assert entries(shop, LedgerEvent.CREDIT_PAID_OUT) == 1
    assert [one["kind"] for one in open_inprocess(settings).operations()] == ["charge", "refund"]
    assert shop.balance(Account.ACCOUNTS_RECEIVABLE) == 0
    assert shop.balance(Account.CARD_CLEARING) == 0


@pytest.mark.timeout(120)
def test_the_reconciler_alone_posts_what_was_charged(doomed: Doomed, shop: Shop, settings: Settings) -> None:
    body = {
        "location_id": str(shop.north), "drawer_session_id": str(shop.drawers[shop.north]),
        "currency": "USD", "tender": "card", "payment_token": "tok_visa", "amount_minor": 7_000,
        "client_id": str(shop.client_id),
    }  # fmt: skip
    Desk(doomed, settings, shop, "/v1/payments", body).send_and_die("after_call")
    assert rows(shop, Payment) == ["pending"]
    assert reconcile(settings, older_than=timedelta(minutes=5)).looked_at == 0
    assert reconcile(settings, older_than=timedelta(0)).settled == 1
    assert reconcile(settings, older_than=timedelta(0)).looked_at == 0
    assert rows(shop, Payment) == ["succeeded"]
    assert shop.balance(Account.CLIENT_DEPOSITS) == -7_000
