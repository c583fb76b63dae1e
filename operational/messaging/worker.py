"""The resident worker of messages: writes what is due, asks about what nobody knows, tells other systems.

Runs beside the web server. What is written, and whether, is decided in claim.py and schedule.py.
"""

from __future__ import annotations

import contextlib
import itertools
import logging
import threading
import uuid
from collections.abc import Callable, Iterator, Mapping
from functools import partial

import httpx
from sqlalchemy import Engine, TextClause, text

from medspa.kernel import clock
from medspa.kernel.database import make_engine
from medspa.kernel.logging import describe_error
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
STOPS_WITHIN = 2.0
"""Seconds that a call of a webhook has left when we stop; a call that is cut off is made again later."""
_WAITING = text("select org_id from directory.organizations_with_messages(:now)")
_WAITLISTS = text("select org_id from directory.organizations_with_waitlist(:now)")
_log = logging.getLogger("medspa.messaging")


def run(settings: Settings, origin: str, stop: threading.Event) -> None:
    """Work until `stop` is set. `origin` is where the operational app answers."""
    engine = make_engine(settings.operational_dsn("app"), pool_size=3, application_name="medspa-messaging")
    post = Post(engine, Vault(load_master_key(settings)), settings, open_messengers(settings))
    # Other systems take their time: they are told beside, and hold up no message.
    telling = threading.Thread(target=tell_systems, args=(post, stop), name="webhooks", daemon=True)
    telling.start()
    try:
        with httpx.Client(timeout=SEND_TIMEOUT, trust_env=False) as client:
            for turn in itertools.count():
                if stop.wait(EVERY_SECONDS):
                    break
                ahead = turn % LOOKS_AHEAD_EVERY == 0
                for_each(engine, "messages", _WAITING, partial(work, post, stop=stop, ahead=ahead))
                for_each(engine, "waitlist", _WAITLISTS, partial(go_through_waitlist, post))
                with going_on("reports"):
                    deliver_reports(post, client, origin)
    finally:
        telling.join(STOPS_WITHIN)
        engine.dispose()


def tell_systems(post: Post, stop: threading.Event) -> None:
    """Webhooks, in a thread of their own."""
    while not stop.wait(EVERY_SECONDS):
        for_each(post.engine, "webhooks", ORGANIZATIONS, partial(deliver_due, post, stopped=stop.is_set))


@contextlib.contextmanager
def going_on(job: str, org_id: uuid.UUID | None = None) -> Iterator[None]:
    """One kind of work of one organization: whatever goes wrong in it holds up nothing else."""
    try:
        yield
    except Exception as error:  # noqa: BLE001 - the process goes on whatever one of them brings
        found = {"job": job, "org_id": org_id}
        _log.warning("this work waits: %s", describe_error(error), extra=found)


def for_each(engine: Engine, job: str, asked: TextClause, one: Callable[[uuid.UUID], object]) -> None:
    """Do the work of every organization that has some."""
    with going_on(job):
        for org_id in organizations(engine, asked):
            with going_on(job, org_id):
                one(org_id)


def work(post: Post, org_id: uuid.UUID, stop: threading.Event, *, ahead: bool = True) -> None:
    """One organization's turn."""
    if ahead:
        with going_on("messages.plan", org_id):
            plan(post, org_id)
    with going_on("messages.send", org_id):
        send_due(post, org_id, stopped=stop.is_set)
    with going_on("messages.reconcile", org_id):
        reconcile(post, org_id)


def organizations(engine: Engine, asked: TextClause) -> list[uuid.UUID]:
    """Organizations with something to do."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        return [row[0] for row in connection.execute(asked, {"now": clock.now()})]


def go_through_waitlist(post: Post, org_id: uuid.UUID) -> None:
    """Let offers run out, then offer what is free."""
    with working(post.engine, post.vault, org_id) as session:
        expire(session)
    with working(post.engine, post.vault, org_id) as session:
        offer_free_times(session, job_actor(org_id), post.settings)


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
