"""Tells what is due: takes a row for a while, calls with nothing held, records; again for up to a day.

A receiver may be told twice when we die in between: the id of the delivery stays the same.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from medspa.kernel import clock
from medspa.kernel.vocabulary import DeliveryStatus, NoticeKind, Permission
from operational.messaging.send import Post, working
from operational.models import WebhookDelivery, WebhookEndpoint
from operational.notices import notify
from operational.privacy.vault import vault_of
from operational.webhooks.call import HEADER, Answer, call, signature

SECRET = "webhook.secret"  # noqa: S105 - what the sealed bytes are bound to
BACK_OFF = (30, 120, 600, 1800, 3600, 7200, 14400)
"""Seconds until the next try."""
LEASE = timedelta(seconds=60)
"""Longer than a call takes: after it another worker may try."""
DISABLED_AFTER = timedelta(days=3)
"""An endpoint that took nothing for so long is switched off."""
ORGANIZATIONS = text("select org_id from directory.organizations_with_webhooks(:now)")


def deliver_due(
    post: Post, org_id: uuid.UUID, limit: int = 10, stopped: Callable[[], bool] = lambda: False
) -> int:
    """Tell what is due of one organization; how many were tried. Few at a time: others wait too."""
    for done in range(limit):
        if stopped():
            return done
        with working(post.engine, post.vault, org_id) as session:
            taken = _take(session)
        if taken is None:
            return done
        delivery_id, url, body, headers = taken
        answer = call(url, body, headers, inside=post.settings.webhooks_inside)
        with working(post.engine, post.vault, org_id) as session:
            _record(session, delivery_id, answer)
    return limit


def _take(session: Session) -> tuple[uuid.UUID, str, bytes, dict[str, str]] | None:
    now = clock.now()
    while True:
        row = session.scalar(
            select(WebhookDelivery)
            .where(WebhookDelivery.status == DeliveryStatus.PENDING, WebhookDelivery.due_at <= now)
            .order_by(WebhookDelivery.due_at, WebhookDelivery.id)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        if row is None:
            return None
        endpoint = session.get_one(WebhookEndpoint, (row.org_id, row.webhook_endpoint_id))
        if endpoint.active:
            break
        # Whoever was switched off is not called any more; switched on again, it can be replayed.
        row.status, row.code = DeliveryStatus.DEAD, "switched_off"
        session.flush()
    row.due_at, row.attempts = now + LEASE, row.attempts + 1
    body = json.dumps(
        {
            "id": str(row.id), "type": f"appointment.{row.event.value}",
            "happened_at": row.happened_at.isoformat(),
            "data": {"appointment_id": str(row.appointment_id), "location_id": str(row.location_id)},
        }
    ).encode()  # fmt: skip
    secret = vault_of(session).unseal_for_organization(session, endpoint.secret, purpose=SECRET)
    return row.id, endpoint.url, body, {HEADER: signature(secret, body, now), "Medspa-Delivery": str(row.id)}


def _record(session: Session, delivery_id: uuid.UUID, answer: Answer) -> None:
    row = session.scalars(
        select(WebhookDelivery).where(WebhookDelivery.id == delivery_id).with_for_update()
    ).one()
    endpoint = session.scalars(
        select(WebhookEndpoint).where(WebhookEndpoint.id == row.webhook_endpoint_id).with_for_update()
    ).one()
    now = clock.now()
    row.code = answer.code
    if answer.taken:
        row.status, row.delivered_at = DeliveryStatus.DELIVERED, now
        endpoint.failing_since = None
        return
    endpoint.failing_since = endpoint.failing_since or now
    wait = timedelta(seconds=BACK_OFF[min(row.attempts, len(BACK_OFF)) - 1])
    if now + wait > row.give_up_at:
        row.status = DeliveryStatus.DEAD
    else:
        row.due_at = now + wait
    if endpoint.active and now - endpoint.failing_since >= DISABLED_AFTER:
        endpoint.active, endpoint.disabled = False, "failing"
        notify(
            session, location_id=endpoint.location_id, permission=Permission.API_KEY_MANAGE,
            kind=NoticeKind.WEBHOOK_DISABLED, subject_id=endpoint.id,
        )  # fmt: skip
