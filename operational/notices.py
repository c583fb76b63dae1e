"""Notices for staff: written in the transaction of what they tell of, shown in the bar of every page.

`notify` addresses whoever holds a permission at a location; `notify_person` one member of staff. A kind names
what happened and where to see it; it never holds a client's name.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Result, text
from sqlalchemy.orm import Session

from medspa.kernel import clock
from medspa.kernel.database import organization_of
from medspa.kernel.errors import NotFound
from medspa.kernel.vocabulary import NoticeKind, Permission
from operational.identity.access import Actor
from operational.models.notification import Notification

KEPT = timedelta(days=30)
"""Older ones are not shown any more."""
SHOWN = 100
KINDS: dict[NoticeKind, tuple[str, str]] = {
    NoticeKind.STAFF_JOINED: ("Somebody who was invited has set their password.", "/setup/staff/{id}"),
    NoticeKind.WEBHOOK_DISABLED: (
        "Another system took no events for three days and is not told of any more.",
        "/connections",
    ),
    NoticeKind.PIN_REFUSED: (
        "Your PIN was entered wrong too often on a device; it asks for your full sign-in now.",
        "/pin",
    ),
    NoticeKind.BOOKED_ONLINE: ("A client booked online.", "/appointments/{id}"),
    NoticeKind.MOVED_ONLINE: ("A client moved a visit online.", "/appointments/{id}"),
    NoticeKind.CANCELLED_ONLINE: ("A client cancelled a visit online.", "/appointments/{id}"),
    NoticeKind.JOINED_WAITLIST: ("Somebody joined the waitlist online.", "/waitlist/{id}"),
}
"""Kind → what is said, and the page about its subject."""

_MINE = (
    "(n.staff_id = :staff or exists (select 1 from"
    " unnest(cast(:places as uuid[]), cast(:permissions as text[])) h(place, permission)"
    " where h.permission = n.permission"
    " and (h.place is null or n.location_id is null or h.place = n.location_id)))"
    " and n.created_at > :since"
)
_LIST = (
    "select n.id, n.kind, n.subject_id, n.created_at, r.id is null as fresh, l.name as place"
    " from notification n left join location l on l.org_id = n.org_id and l.id = n.location_id"
    " left join notification_read r on r.org_id = n.org_id and r.notification_id = n.id"
    " and r.staff_id = :staff where <mine> order by n.created_at desc, n.id desc limit :shown"
)
_COUNT = (
    "select s.label, o.name, (select count(*) from (select 1 from notification n where <mine>"
    " and not exists (select 1 from notification_read r where r.org_id = n.org_id"
    " and r.notification_id = n.id and r.staff_id = :staff) limit :shown) fresh) as unread"
    " from staff_member s join organization o on o.org_id = s.org_id where s.id = :staff"
)
_READ = (
    "insert into notification_read (org_id, id, notification_id, staff_id, read_at, created_at)"
    " select n.org_id, gen_random_uuid(), n.id, :staff, :now, :now from notification n"
    " where (cast(:id as uuid) is null or n.id = :id) and <mine>"
    " on conflict (org_id, notification_id, staff_id) do nothing"
)
_ONE = "select n.kind, n.subject_id from notification n where n.id = :id and <mine>"


@dataclass(frozen=True, slots=True)
class Notice:
    id: uuid.UUID
    words: str
    place: str | None
    at: dt.datetime
    fresh: bool


def notify(
    session: Session,
    *,
    location_id: uuid.UUID | None,
    permission: Permission,
    kind: NoticeKind,
    subject_id: uuid.UUID | None = None,
) -> None:
    """For whoever holds `permission` at the location (None: at any)."""
    _write(session, kind, subject_id, location_id=location_id, permission=permission.value)


def notify_person(
    session: Session, staff_id: uuid.UUID, *, kind: NoticeKind, subject_id: uuid.UUID | None = None
) -> None:
    """For one member of staff."""
    _write(session, kind, subject_id, staff_id=staff_id)


def _write(session: Session, kind: NoticeKind, subject: uuid.UUID | None, **to: object) -> None:
    session.add(Notification(org_id=organization_of(session), kind=kind.value, subject_id=subject, **to))
    session.flush()


def listed(session: Session, actor: Actor) -> Sequence[Notice]:
    """The latest first."""
    rows = _asked(session, actor, _LIST, shown=SHOWN).all()
    return [
        Notice(row.id, KINDS[NoticeKind(row.kind)][0], row.place, row.created_at, row.fresh) for row in rows
    ]


def person(session: Session, actor: Actor) -> tuple[str, str, int]:
    """How the actor is called, their organization, and how many notices they have not read."""
    row = _asked(session, actor, _COUNT, shown=SHOWN).one()
    return row.label, row.name, row.unread


def mark_read(session: Session, actor: Actor, notice_id: uuid.UUID | None = None) -> None:
    """One of the actor's own, or all of them. Again changes nothing."""
    _asked(session, actor, _READ, id=notice_id, now=clock.now())


def leads_to(session: Session, actor: Actor, notice_id: uuid.UUID) -> str:
    """The page about it. Raises NotFound for a notice that is not the actor's."""
    row = _asked(session, actor, _ONE, id=notice_id).first()
    if row is None:
        raise NotFound("There is no such notification.")
    return KINDS[NoticeKind(row.kind)][1].format(id=row.subject_id)


def _asked(session: Session, actor: Actor, statement: str, **values: object) -> Result[Any]:
    """The statement about what is addressed to this actor: by name, or by what they hold where."""
    held = [(place, one.value) for place, some in actor.permissions.items() for one in some]
    mine: dict[str, object] = {
        "staff": actor.staff_id,
        "places": [place for place, _ in held],
        "permissions": [one for _, one in held],
        "since": clock.now() - KEPT,
    }
    return session.execute(text(statement.replace("<mine>", _MINE)), {**mine, **values})
