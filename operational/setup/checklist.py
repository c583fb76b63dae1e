"""What is missing before the first client can come, in one statement; each with the page that mends it."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session

from medspa.kernel import clock
from medspa.kernel.vocabulary import Permission
from operational.identity.access import Actor

_COUNTS = text(
    "select (select count(*) from legal_entity) as entities,"
    " (select count(*) from location where active) as locations,"
    " (select count(*) from location l where l.active and not exists (select 1 from location_hours h"
    "  where h.org_id = l.org_id and h.location_id = l.id)) as without_hours,"
    " (select count(*) from location l where l.active and not exists (select 1 from tax_jurisdiction j"
    "  join tax_rate r on r.org_id = j.org_id and r.jurisdiction_id = j.id"
    "  where j.org_id = l.org_id and j.location_id = l.id)) as without_tax,"
    " (select count(*) from treatment_category) as categories,"
    " (select count(*) from service where active) as services,"
    " (select count(*) from service s join service_resource n on n.org_id = s.org_id and n.service_id = s.id"
    "  where s.active and not exists (select 1 from resource r where r.org_id = n.org_id and r.kind = n.kind"
    "  and r.tag = n.tag and r.active)) as without_room,"
    " (select count(*) from staff_member where active and is_provider) as providers,"
    " (select count(*) from staff_member where active) as people,"
    " (select count(*) from service s where s.active and not exists (select 1 from credential c"
    "  join staff_member p on p.org_id = c.org_id and p.id = c.staff_id and p.active and p.is_provider"
    "  where c.org_id = s.org_id and c.category_id = s.category_id and c.valid_from <= :today"
    "  and c.valid_until > :today)) as without_performer,"
    " (select count(*) from shift where active and ends_at > :now) as shifts,"
    " (select count(*) from drawer where kind = 'physical') as drawers,"
    " (select count(*) from resource where active) as resources,"
    " (select count(*) from location l where l.active and not exists (select 1 from location_messaging m"
    "  where m.org_id = l.org_id and m.location_id = l.id)) as silent,"
    " (select count(*) from online_location where booking_open) as online"
)


@dataclass(frozen=True, slots=True)
class Item:
    """`needed`: nobody can be booked without it; else it is only wise."""

    words: str
    told: str
    path: str
    done: bool
    open: bool
    """Whether this actor may mend it."""
    needed: bool = True

    @property
    def address(self) -> str:
        return self.path if self.path.startswith("/") else f"/setup/{self.path}"


def checklist(session: Session, actor: Actor) -> list[Item]:
    """In the order in which each builds on those before it."""
    now = clock.now()
    has = session.execute(_COUNTS, {"now": now, "today": now.date()}).one()
    may = actor.may
    owner, goods = may(Permission.ORGANIZATION_MANAGE), may(Permission.CATALOGUE_MANAGE)
    people, plans = may(Permission.STAFF_MANAGE), may(Permission.SCHEDULE_MANAGE)
    return [
        Item(
            "Legal entity",
            "Who owns the books, and their currency.",
            "legal-entities",
            has.entities > 0,
            owner,
        ),
        Item("Location", "Its time zone, fees and policy.", "locations", has.locations > 0, owner),
        Item(
            "Opening hours",
            "Of every location, per weekday.",
            "locations",
            has.locations > 0 and not has.without_hours,
            owner,
            needed=False,
        ),
        Item(
            "Taxes",
            "Who levies what at each location; skip it where nothing is taxed.",
            "locations",
            has.locations > 0 and not has.without_tax,
            owner,
            needed=False,
        ),
        Item(
            "Treatment categories",
            "The usual ones can be added at once.",
            "categories",
            has.categories > 0,
            goods,
        ),
        Item("Services", "What can be booked, how long, for how much.", "services", has.services > 0, goods),
        Item(
            "Rooms and devices",
            "Of every kind that a service needs one of.",
            "resources",
            not has.without_room and (has.services > 0 or has.resources > 0),
            goods,
        ),
        Item(
            "Providers", "Who performs services; you may be one yourself.", "staff", has.providers > 0, people
        ),
        Item(
            "Credentials",
            "Every service needs somebody with a valid one for its category.",
            "staff",
            has.services > 0 and not has.without_performer,
            people,
        ),
        Item("Shifts", "When providers work, from a weekly pattern.", "shifts", has.shifts > 0, plans),
        Item(
            "Cash drawer",
            "To take cash and close the day.",
            "locations",
            has.drawers > 0,
            owner,
            needed=False,
        ),
        Item(
            "The team",
            "Invite who else works here, with a role.",
            "staff",
            has.people > 1,
            people,
            needed=False,
        ),
        Item(
            "Reminders and confirmations",
            "What clients are written to of their visits, when, and in which words.",
            "/messages/rules",
            has.locations > 0 and not has.silent,
            owner,
            needed=False,
        ),
        Item(
            "Online booking",
            "Which locations and services clients may book by themselves.",
            "online",
            has.online > 0,
            owner,
            needed=False,
        ),
    ]
