"""Setting up the organization. Everything here is about money and law, so it needs organization.manage."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session

from medspa.kernel import clock
from medspa.kernel.errors import Invalid
from medspa.kernel.ids import new_id
from medspa.kernel.vocabulary import Permission
from operational.checkout.errors import AccountUnnamed
from operational.etag import check_if_match
from operational.identity.access import Actor
from operational.models import Payment, ProcessorLine, ProcessorPayout
from operational.models.organization import (
    LegalEntity,
    Location,
    LocationHours,
    MerchantAccount,
    Organization,
    TaxJurisdiction,
    TaxRate,
)
from operational.organization.errors import AccountUsed
from operational.organization.schemas import OpeningHours
from operational.rows import add_row, change_row, get_row

MANAGE = Permission.ORGANIZATION_MANAGE


def get_organization(session: Session, *, lock: bool = False) -> Organization:
    statement = select(Organization)
    return session.scalars(statement.with_for_update() if lock else statement).one()


def rename_organization(session: Session, actor: Actor, if_match: str | None, name: str) -> Organization:
    actor.require_everywhere(MANAGE)
    row = get_organization(session, lock=True)
    check_if_match(row, if_match)
    row.name = name
    session.flush()
    session.refresh(row)
    return row


def create_legal_entity(session: Session, actor: Actor, values: Mapping[str, Any]) -> LegalEntity:
    actor.require_everywhere(MANAGE)
    return add_row(session, LegalEntity(org_id=actor.org_id, **values))


def edit_legal_entity(
    session: Session, actor: Actor, entity_id: uuid.UUID, if_match: str | None, values: Mapping[str, Any]
) -> LegalEntity:
    actor.require_everywhere(MANAGE)
    return change_row(session, LegalEntity, entity_id, if_match, values)


def create_location(session: Session, actor: Actor, values: Mapping[str, Any]) -> Location:
    """The location keeps its books in the legal entity's currency. Raises NotFound for its entity."""
    actor.require_everywhere(MANAGE)
    entity = get_row(session, LegalEntity, values["legal_entity_id"])
    return add_row(session, Location(org_id=actor.org_id, currency=entity.currency, active=True, **values))


def edit_location(
    session: Session, actor: Actor, location_id: uuid.UUID, if_match: str | None, values: Mapping[str, Any]
) -> Location:
    actor.require(MANAGE, location_id)
    return change_row(session, Location, location_id, if_match, values)


def hours_of(session: Session, location_id: uuid.UUID) -> list[LocationHours]:
    """Opening hours in the order of the week."""
    order = (LocationHours.weekday, LocationHours.opens_minute)
    statement = select(LocationHours).where(LocationHours.location_id == location_id).order_by(*order)
    return list(session.scalars(statement))


def set_hours(
    session: Session,
    actor: Actor,
    location_id: uuid.UUID,
    if_match: str | None,
    hours: Sequence[OpeningHours],
) -> Location:
    """Replace the week. Raises Invalid when two openings overlap, also across midnight."""
    actor.require(MANAGE, location_id)
    _require_apart(hours)
    # The location's version covers its hours: the change below makes it grow.
    location = get_row(session, Location, location_id, lock=True)
    check_if_match(location, if_match)
    session.execute(delete(LocationHours).where(LocationHours.location_id == location_id))
    session.add_all(
        LocationHours(org_id=actor.org_id, location_id=location_id, **one.model_dump()) for one in hours
    )
    _touch(session, location)
    return location


def _require_apart(hours: Sequence[OpeningHours]) -> None:
    day, week = 1440, 7 * 1440
    spans = sorted(
        (one.weekday * day + one.opens_minute, one.weekday * day + one.closes_minute) for one in hours
    )
    following = [*spans[1:], (spans[0][0] + week, 0)] if spans else []
    for (_, closes), (opens, _) in zip(spans, following, strict=True):
        if closes > opens:
            raise Invalid("hours: two openings overlap; join them into one.")


def _touch(session: Session, location: Location) -> None:
    """An update that changes nothing but the version, which the trigger counts."""
    same = update(Location).where(Location.id == location.id).values(name=Location.name)
    session.execute(same, execution_options={"synchronize_session": False})
    session.refresh(location)


def create_jurisdiction(session: Session, actor: Actor, location_id: uuid.UUID, name: str) -> TaxJurisdiction:
    actor.require(MANAGE, location_id)
    get_row(session, Location, location_id)
    return add_row(session, TaxJurisdiction(org_id=actor.org_id, location_id=location_id, name=name))


def add_rate(
    session: Session, actor: Actor, jurisdiction_id: uuid.UUID, values: Mapping[str, Any]
) -> TaxRate:
    """A rate from a date on; it ends where the next begins. What was invoiced keeps its tax."""
    jurisdiction = get_row(session, TaxJurisdiction, jurisdiction_id)
    actor.require(MANAGE, jurisdiction.location_id)
    return add_row(session, TaxRate(org_id=actor.org_id, jurisdiction_id=jurisdiction_id, **values))


def create_merchant_account(
    session: Session, actor: Actor, values: Mapping[str, Any], *, names: re.Pattern[str] | None = None
) -> MerchantAccount:
    """`names`: what the processor may call it; None: anything. Its report begins today unless told otherwise.

    Raises Forbidden, NotFound, Invalid.
    """
    actor.require_everywhere(MANAGE)
    entity = get_row(session, LegalEntity, values["legal_entity_id"])
    given = {name: value for name, value in values.items() if value is not None}
    _require_name(given.get("processor_account", ""), names)
    today = _today(session, entity.id)
    if given.setdefault("reports_from", today) > today:
        raise Invalid("reports_from: a day that has begun.")
    row_id = new_id()
    given.setdefault("processor_account", str(row_id))
    return add_row(session, MerchantAccount(org_id=actor.org_id, id=row_id, **given))


def name_merchant_account(
    session: Session, actor: Actor, account_id: uuid.UUID, name: str, names: re.Pattern[str] | None
) -> MerchantAccount:
    """Correct what the processor calls an account while it stands for nothing yet.

    Raises Forbidden, NotFound, Invalid, AccountUsed.
    """
    actor.require_everywhere(MANAGE)
    # Held against payments that begin: their key to the account waits for it.
    account = get_row(session, MerchantAccount, account_id, lock=True)
    _require_name(name, names)
    if name != account.processor_account and _is_used(session, account_id):
        raise AccountUsed
    account.processor_account = name
    session.flush()
    return account


def _require_name(name: str, names: re.Pattern[str] | None) -> None:
    if names is not None and not names.fullmatch(name):
        raise Invalid(
            "processor_account: send what the processor calls the account, `acct_` and letters or digits,"
            " or `own`."
        )


def _is_used(session: Session, account_id: uuid.UUID) -> bool:
    """What was refused for the account's name never left here."""
    sent = or_(Payment.decline_code.is_(None), Payment.decline_code != AccountUnnamed.code)
    found = (
        select(Payment.id).where(Payment.merchant_account_id == account_id, sent),
        select(ProcessorLine.id).where(ProcessorLine.merchant_account_id == account_id),
        select(ProcessorPayout.id).where(ProcessorPayout.merchant_account_id == account_id),
    )
    return any(session.scalar(one.limit(1)) is not None for one in found)


def _today(session: Session, entity_id: uuid.UUID) -> date:
    """The business date of a legal entity's first location; before it has one, the earliest anywhere."""
    home = session.scalars(
        select(Location)
        .where(Location.legal_entity_id == entity_id)
        .order_by(Location.created_at, Location.id)
        .limit(1)
    ).first()
    if home is None:
        return (clock.now() - timedelta(hours=12)).date()
    return clock.business_date(clock.now(), home.timezone, home.cutover_hour)
