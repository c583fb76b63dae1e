"""Free times the plain way: every start there could be, with NOT EXISTS for each claim in its way.

What availability is checked and measured against. It shares nothing with it.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from operational.booking.shape import Shape

GENERATED = text(
    """
    select s.at, s.provider
    from (
        select g.at, p.id as provider
        from generate_series(
            cast(:first as timestamptz), cast(:last as timestamptz), interval '15 minutes') g(at)
        cross join unnest(cast(:providers as uuid[])) p(id)
    ) s
    where s.at >= :now
    and exists (
        select from location l
        cross join lateral (select date_trunc('day', s.at at time zone l.timezone) as day) d
        join location_hours h on h.location_id = l.id and h.weekday = extract(isodow from d.day)::int - 1
        where l.id = :location
            and s.at >= (d.day + make_interval(mins => h.opens_minute)) at time zone l.timezone
            and s.at + cast(:total as interval)
                <= (d.day + make_interval(mins => h.closes_minute)) at time zone l.timezone
    )
    and tstzrange(s.at, s.at + cast(:hands as interval)) <@ (
        select range_agg(tstzrange(h.starts_at, h.ends_at)) from shift h
        where h.staff_id = s.provider and h.location_id = :location and h.active
    )
    and not exists (
        select from occupancy o
        where o.subject_kind = 'provider' and o.subject_id = s.provider and o.active
            and (o.expires_at is null or o.expires_at > :now)
            and (o.during && tstzrange(s.at - cast(:before as interval), s.at + cast(:released as interval))
                or o.during
                    && tstzrange(s.at + cast(:finishing as interval), s.at + cast(:cleared as interval)))
    )
    and not exists (
        select from time_off t
        where t.subject_id = s.provider and t.status = 'approved'
            and (tstzrange(t.starts_at, t.ends_at)
                    && tstzrange(s.at - cast(:before as interval), s.at + cast(:released as interval))
                or tstzrange(t.starts_at, t.ends_at)
                    && tstzrange(s.at + cast(:finishing as interval), s.at + cast(:cleared as interval)))
    )
    and exists (
        select from unnest(cast(:rooms as uuid[])) r(id)
        where not exists (
            select from occupancy o
            where o.subject_kind = 'room' and o.subject_id = r.id and o.active
                and (o.expires_at is null or o.expires_at > :now)
                and o.during && tstzrange(s.at - cast(:before as interval), s.at + cast(:around as interval))
        )
        and not exists (
            select from time_off t
            where t.subject_id = r.id and t.status = 'approved' and tstzrange(t.starts_at, t.ends_at)
                && tstzrange(s.at - cast(:before as interval), s.at + cast(:around as interval))
        )
    )
    order by s.at, s.provider
    """
)


@dataclass(frozen=True)
class Search:
    """A service of this shape in any of these rooms, with any of these providers."""

    location_id: uuid.UUID
    shape: Shape
    providers: Sequence[uuid.UUID]
    rooms: Sequence[uuid.UUID]


def generated_slots(
    session: Session, search: Search, first: datetime, end: datetime, now: datetime
) -> list[tuple[datetime, uuid.UUID]]:
    """(start, provider) from the local midnight `first` until `end`, each quarter of an hour."""
    shape = search.shape
    hands, after = timedelta(minutes=shape.hands), timedelta(minutes=shape.after)
    finishing = shape.total - timedelta(minutes=shape.finishing)
    values: dict[str, Any] = {
        "location": search.location_id, "providers": list(search.providers), "rooms": list(search.rooms),
        "first": first, "last": end - timedelta(minutes=15), "now": now, "total": shape.total, "hands": hands,
        "before": timedelta(minutes=shape.before), "around": shape.total + after,
        # Without finishing the provider is released with the buffer behind the hands-on time.
        "released": hands if shape.finishing else hands + after,
        "finishing": finishing if shape.finishing else timedelta(0),
        "cleared": shape.total + after if shape.finishing else timedelta(0),
    }  # fmt: skip
    return [(row.at, row.provider) for row in session.execute(GENERATED, values)]
