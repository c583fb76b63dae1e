"""Households: who comes from one home, and who of them pays for whom. Money is checkout's."""

from __future__ import annotations

import uuid
from typing import NamedTuple

from sqlalchemy import delete, func, select, text
from sqlalchemy.orm import Session

from medspa.kernel.ids import new_id
from medspa.kernel.vocabulary import Permission
from operational.client_records import open_client, records_of, root_of
from operational.clients.errors import InAnotherHousehold, NotOfThisHousehold
from operational.identity.access import Actor
from operational.models import Client, Household, HouseholdMember

_LOCK = text("select pg_advisory_xact_lock(hashtextextended('household:' || cast(:id as text), 0))")


class Member(NamedTuple):
    client: Client
    payer_id: uuid.UUID | None


def members(session: Session, client_id: uuid.UUID) -> list[Member]:
    """The client's household, the client first; nobody when they are of none."""
    household = _household_of(session, root_of(session, client_id))
    if household is None:
        return []
    rows = session.execute(
        select(Client, HouseholdMember.payer_id)
        .join(
            HouseholdMember,
            (HouseholdMember.org_id == Client.org_id) & (HouseholdMember.client_id == Client.id),
        )
        .where(HouseholdMember.household_id == household)
        .order_by((Client.id == client_id).desc(), Client.first_name_key, Client.id)
    )
    return [Member(client, payer and root_of(session, payer)) for client, payer in rows]


def join(session: Session, actor: Actor, client_id: uuid.UUID, other_id: uuid.UUID) -> None:
    """Put `other_id` into the household of `client_id`, which is made when there is none.

    Raises Forbidden, NotFound, ClientMerged, NotOfThisHousehold, InAnotherHousehold.
    """
    actor.require(Permission.CLIENT_WRITE)
    client, other = open_client(session, client_id), open_client(session, other_id)
    if client.id == other.id:
        raise NotOfThisHousehold("Choose somebody else.")
    for one in sorted((client.id, other.id)):
        session.execute(_LOCK, {"id": str(one)})
    mine, theirs = _household_of(session, client.id), _household_of(session, other.id)
    if theirs is not None and theirs == mine:
        return
    if theirs is not None and mine is not None:
        raise InAnotherHousehold
    household = mine or theirs
    if household is None:
        household = new_id()
        session.add(Household(org_id=actor.org_id, id=household))
        session.flush()
    for one, own in ((client.id, mine), (other.id, theirs)):
        if own is None:
            session.add(HouseholdMember(org_id=actor.org_id, household_id=household, client_id=one))
    session.flush()


def leave(session: Session, actor: Actor, client_id: uuid.UUID) -> None:
    """Take a client out; whoever they paid for pays for themselves. Out of none changes nothing."""
    actor.require(Permission.CLIENT_WRITE)
    client = open_client(session, client_id)
    household = _household_of(session, client.id)
    if household is None:
        return
    rows = list(
        session.scalars(
            select(HouseholdMember).where(HouseholdMember.household_id == household).with_for_update()
        )
    )
    own = records_of(session, client.id)
    for row in rows:
        if row.payer_id in own:
            row.payer_id = None
    session.flush()
    session.execute(delete(HouseholdMember).where(HouseholdMember.client_id == client.id))
    left = select(func.count()).select_from(HouseholdMember).where(HouseholdMember.household_id == household)
    if (session.scalar(left) or 0) < 2:
        session.execute(delete(HouseholdMember).where(HouseholdMember.household_id == household))


def set_payer(session: Session, actor: Actor, client_id: uuid.UUID, payer_id: uuid.UUID | None) -> None:
    """Who pays for a client from now on; None: they do. Raises Forbidden, NotOfThisHousehold."""
    actor.require(Permission.CLIENT_WRITE)
    client = open_client(session, client_id)
    household = _household_of(session, client.id)
    rows = {
        row.client_id: row
        for row in session.scalars(
            select(HouseholdMember).where(HouseholdMember.household_id == household).with_for_update()
        )
    }
    mine = rows.get(client.id)
    if payer_id is None:
        if mine is not None:
            mine.payer_id = None
            session.flush()
        return
    payer = rows.get(payer_id)
    own = records_of(session, client.id)
    paid_for = any(row.payer_id in own for row in rows.values())
    if mine is None or payer is None or payer_id == client.id or payer.payer_id is not None or paid_for:
        raise NotOfThisHousehold
    mine.payer_id = payer_id
    session.flush()


def _household_of(session: Session, client_id: uuid.UUID) -> uuid.UUID | None:
    return session.scalar(select(HouseholdMember.household_id).where(HouseholdMember.client_id == client_id))
