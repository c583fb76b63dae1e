"""The resident worker of messages: writes what is due, asks about what nobody knows, posts test reports.

Runs beside the web server. What is written, and whether, is decided in claim.py and schedule.py.
"""

from __future__ import annotations

import itertools
import logging
import threading
import uuid
from collections.abc import Mapping

import httpx
from sqlalchemy import Engine, TextClause, text
from sqlalchemy.exc import SQLAlchemyError

from medspa.kernel import clock
from medspa.kernel.database import make_engine
from medspa.kernel.errors import DomainError
from medspa.kernel.settings import Settings
from operational.messaging.messenger.inprocess import InProcessMessenger
from operational.messaging.messenger.open import open_messengers, report_secret
from operational.messaging.messenger.twilio import HEADER, signature
from operational.messaging.send import Post, job_actor, plan, reconcile, send_due, working
from operational.privacy.vault import Vault, load_master_key
from operational.waitlist.offering import expire, offer_free_times
from operational.webhooks.deliver import ORGANIZATIONS, deliver_due

EVERY_SECONDS = 2.0
LOOKS_AHEAD_EVERY = 8
"""Turns between two looks at what is due before visits."""
SEND_TIMEOUT = 10.0
_WAITING = text("select org_id from directory.organizations_with_messages(:now)")
_WAITLISTS = text("select org_id from directory.organizations_with_waitlist(:now)")
_log = logging.getLogger("medspa.messaging")


def run(settings: Settings, origin: str, stop: threading.Event) -> None:
    """Work until `stop` is set. `origin` is where the operational app answers."""
    engine = make_engine(settings.operational_dsn("app"), pool_size=2, application_name="medspa-messaging")
    post = Post(engine, Vault(load_master_key(settings)), settings, open_messengers(settings))
    try:
        with httpx.Client(timeout=SEND_TIMEOUT, trust_env=False) as client:
            for turn in itertools.count():
                if stop.wait(EVERY_SECONDS):
                    break
                try:
                    for org_id in organizations(engine, _WAITING):
                        work(post, org_id, stop, ahead=turn % LOOKS_AHEAD_EVERY == 0)
                    for org_id in organizations(engine, _WAITLISTS):
                        go_through_waitlist(post, org_id)
                    for org_id in organizations(engine, ORGANIZATIONS):
                        deliver_due(post, org_id)
                    deliver_reports(post, client, origin)
                except (SQLAlchemyError, DomainError) as error:
                    _log.warning("messages wait: %s", type(error).__name__)
    finally:
        engine.dispose()


def work(post: Post, org_id: uuid.UUID, stop: threading.Event, *, ahead: bool = True) -> None:
    """One organization's turn. What goes wrong in it holds up no other."""
    try:
        if ahead:
            plan(post, org_id)
        send_due(post, org_id, stopped=stop.is_set)
        reconcile(post, org_id)
    except (SQLAlchemyError, DomainError) as error:
        _log.warning("messages of %s wait: %s", org_id, type(error).__name__)


def organizations(engine: Engine, asked: TextClause) -> list[uuid.UUID]:
    """Organizations with something to do."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        return [row[0] for row in connection.execute(asked, {"now": clock.now()})]


def go_through_waitlist(post: Post, org_id: uuid.UUID) -> None:
    """Let offers run out, then offer what is free."""
    try:
        with working(post.engine, post.vault, org_id) as session:
            expire(session)
        with working(post.engine, post.vault, org_id) as session:
            offer_free_times(session, job_actor(org_id), post.settings)
    except (SQLAlchemyError, DomainError) as error:
        _log.warning("the waitlist of %s waits: %s", org_id, type(error).__name__)


def deliver_reports(post: Post, client: httpx.Client, origin: str) -> None:
    """Let the in-process messenger post its reports, as a vendor would."""
    messenger = post.messengers.sms
    if not isinstance(messenger, InProcessMessenger):
        return
    secret = report_secret(post.settings)

    def send(url: str, form: Mapping[str, str]) -> bool:
        headers = {HEADER: signature(secret, url, form)}
        path = httpx.URL(url).path
        try:
            answer = client.post(origin + path, data=dict(form), headers=headers)
        except httpx.HTTPError:
            return False
        # What was refused is not posted for ever.
        return not answer.is_server_error

    messenger.deliver(send)
