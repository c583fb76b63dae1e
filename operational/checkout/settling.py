"""The resident worker of card calls: asks the processor about calls without an answer, reads its report.

Runs beside the web server. What an answer changes is decided in attempts.py.
"""

from __future__ import annotations

import logging
import threading
from datetime import timedelta

import httpx
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from medspa.kernel import clock
from medspa.kernel.database import make_engine
from medspa.kernel.errors import DomainError
from medspa.kernel.settings import Settings
from operational.banking.processor_reports import read_reports
from operational.checkout import claims
from operational.checkout.desk import open_desk, settlement_actor
from operational.checkout.processor.delivery import deliver
from operational.checkout.processor.inprocess import InProcessProcessor
from operational.checkout.processor.open import open_processor, webhook_secret
from operational.checkout.processor.signature import HEADER
from operational.checkout.reconcile import reconcile_with
from operational.directory import lookup

EVERY_SECONDS = 5.0
OLDER_THAN = timedelta(seconds=45)
"""Longer than the processor takes to answer: most calls settle themselves."""
TIDY_EVERY = timedelta(hours=1)
REPORT_EVERY = timedelta(minutes=15)
EVENTS = "/v1/processor/events"
SEND_TIMEOUT = 10.0
_log = logging.getLogger("medspa.checkout")


def run(settings: Settings, origin: str, stop: threading.Event) -> None:
    """Work until `stop` is set. `origin` is where the operational app answers."""
    engine = make_engine(settings.operational_dsn("app"), pool_size=1, application_name="medspa-settling")
    tidy_at = report_at = clock.now()
    processor = open_processor(settings)
    secret = webhook_secret(settings) if isinstance(processor, InProcessProcessor) else b""
    try:
        with httpx.Client(base_url=origin, timeout=SEND_TIMEOUT, trust_env=False) as client:
            while not stop.wait(EVERY_SECONDS):
                try:
                    if isinstance(processor, InProcessProcessor):
                        deliver(processor, secret, lambda body, signature: _send(client, body, signature))
                    reconcile_with(engine, processor, OLDER_THAN)
                    if clock.now() >= report_at:
                        report_at = clock.now() + REPORT_EVERY
                        if isinstance(processor, InProcessProcessor):
                            processor.pay_out_due()
                        read_reports(engine, processor)
                    if clock.now() >= tidy_at:
                        tidy_at = clock.now() + TIDY_EVERY
                        forget_answers(engine)
                except (SQLAlchemyError, DomainError) as error:
                    _log.warning("settling waits: %s", type(error).__name__)
    finally:
        engine.dispose()


def forget_answers(engine: Engine) -> int:
    """Delete answers of requests that are kept no longer, in every organization; how many."""
    gone = 0
    for org_id in lookup.organizations(engine):
        with open_desk(engine, settlement_actor(org_id)) as desk, desk.transaction() as session:
            gone += claims.forget(session)
    return gone


def _send(client: httpx.Client, body: bytes, signature: str) -> bool:
    headers = {HEADER: signature, "Content-Type": "application/json"}
    try:
        return client.post(EVENTS, content=body, headers=headers).is_success
    except httpx.HTTPError:
        return False
