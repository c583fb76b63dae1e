"""Reads of published segments and their members."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from medspa.kernel.database import organization_of
from operational.models import Client, SegmentMember, SegmentPublication


def current_publications(session: Session, after: str | None, limit: int) -> Sequence[SegmentPublication]:
    """The newest publication per segment, by code, after the given code."""
    query = select(SegmentPublication).where(
        SegmentPublication.org_id == organization_of(session), SegmentPublication.current
    )
    if after is not None:
        query = query.where(SegmentPublication.segment_code > after)
    return session.scalars(query.order_by(SegmentPublication.segment_code).limit(limit)).all()


def current_publication(session: Session, code: str) -> SegmentPublication | None:
    return session.scalar(
        select(SegmentPublication).where(
            SegmentPublication.org_id == organization_of(session),
            SegmentPublication.segment_code == code,
            SegmentPublication.current,
        )
    )


def members(
    session: Session, publication_id: uuid.UUID, after: int, limit: int
) -> list[tuple[SegmentMember, Client]]:
    """Members after a position, joined to their clients, the earliest due first."""
    query = (
        select(SegmentMember, Client)
        .join(
            Client,
            (Client.org_id == SegmentMember.org_id) & (Client.client_key == SegmentMember.client_key),
        )
        .where(
            SegmentMember.org_id == organization_of(session),
            SegmentMember.publication_id == publication_id,
            SegmentMember.position > after,
        )
        .order_by(SegmentMember.position)
        .limit(limit)
    )
    return [(member, client) for member, client in session.execute(query)]
