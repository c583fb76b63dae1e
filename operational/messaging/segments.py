"""Resolves published segments to clients. Who is due comes from the warehouse; sending is not here."""

from __future__ import annotations

from sqlalchemy.orm import Session

from medspa.kernel.vocabulary import Permission
from operational.identity.access import Actor
from operational.messaging import queries
from operational.messaging.errors import SegmentNotPublished
from operational.messaging.schemas import SegmentMemberShown, SegmentShown
from operational.messaging.suppress import suppressions
from operational.models import Client, SegmentMember, SegmentPublication
from operational.privacy.schemas import render_many

SMALLEST_TOLD = 11
"""Counts of 1 to 10 people are not told (CMS cell-size policy)."""


def list_segments(
    session: Session, actor: Actor, after: str | None, limit: int
) -> tuple[list[SegmentShown], str | None]:
    """Published segments by code, and the code to go on after."""
    actor.require(Permission.SEGMENT_READ)
    rows = queries.current_publications(session, after, limit + 1)
    shown = [_shown(row) for row in rows[:limit]]
    return shown, shown[-1].code if len(rows) > limit else None


def _shown(row: SegmentPublication) -> SegmentShown:
    count = row.member_count
    return SegmentShown(
        code=row.segment_code,
        definition_version=row.definition_version,
        as_of=row.as_of,
        published_at=row.created_at,
        members=str(count) if count == 0 or count >= SMALLEST_TOLD else f"< {SMALLEST_TOLD}",
        reveals_treatment=row.reveals_treatment,
    )


def list_members(
    session: Session, actor: Actor, code: str, after: int, limit: int
) -> tuple[list[SegmentMemberShown], int | None]:
    """Members with their names, and the position to go on after; every one is recorded as disclosed.

    Raises Forbidden without `segment.members`, and without `chart.read` when membership tells a
    treatment; SegmentNotPublished.
    """
    actor.require(Permission.SEGMENT_MEMBERS)
    publication = queries.current_publication(session, code)
    if publication is None:
        raise SegmentNotPublished("Run the pipeline and `medspa segments evaluate`, then ask again.")
    if publication.reveals_treatment:
        actor.require(Permission.CHART_READ)
    rows = queries.members(session, publication.id, after, limit + 1)
    reasons = suppressions(session, publication, [client for _, client in rows[:limit]])
    shown = render_many(
        session,
        actor,
        "segment.members",
        SegmentMemberShown,
        [_member(member, client, reasons[client.id]) for member, client in rows[:limit]],
    )
    return shown, rows[limit - 1][0].position if len(rows) > limit else None


def _member(member: SegmentMember, client: Client, suppressed: list[str]) -> dict[str, object]:
    return {
        "client_id": client.id,
        "first_name": client.first_name,
        "last_name": client.last_name,
        "phone": client.phone,
        "email": client.email,
        "due_on": member.due_on,
        "reason": member.reason,
        "suppressed": suppressed,
    }
