"""The resident worker of card calls, beside a real web server."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from medspa.kernel.settings import Settings
from medspa.kernel.vocabulary import PaymentStatus
from operational.checkout import settling
from operational.checkout.processor.open import open_inprocess, webhook_secret
from tests.conftest import StartServer
from tests.factories.checkout import Shop, open_shop
from tests.integration.checkout.test_cards import charge, reread
from tests.support.databases import Database


@pytest.fixture
def shop(operational: Database) -> Shop:
    return open_shop(operational)


def test_the_worker_delivers_events_and_settles_what_has_none(
    shop: Shop, live_server: StartServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settling, "EVERY_SECONDS", 0.05)
    settings = Settings(home=tmp_path, operational=shop.database.dsns)
    books = open_inprocess(settings)
    webhook_secret(settings)
    _, payment = charge(shop, books, "tok_timeout_charged")
    stop = threading.Event()
    worker = threading.Thread(target=settling.run, args=(settings, live_server(settings).url, stop))
    worker.start()
    try:
        for _ in range(200):
            if not books.undelivered() or stop.wait(0.05):
                break
    finally:
        stop.set()
        worker.join()
    assert books.undelivered() == []
    assert reread(shop, payment).status is PaymentStatus.SUCCEEDED
