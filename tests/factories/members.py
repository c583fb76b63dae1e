"""A shop with a membership on offer, and its days: billing, closing, looking at what is earned."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import func, select

from medspa.kernel import clock
from medspa.kernel.money import MILLI
from medspa.kernel.vocabulary import Account
from operational.checkout.processor.inprocess import InProcessProcessor
from operational.ledger.close import close_day
from operational.memberships import life
from operational.memberships.billing import BillingRun, bill_due
from operational.memberships.plans import create_membership_plan
from operational.memberships.schemas import JoinIn
from operational.models import Entitlement, Membership, MembershipEvent, MembershipPeriod, Payment
from operational.packages.schemas import ItemIn
from tests.factories.checkout import Shop

JANUARY = datetime(2027, 1, 31, 17, 0, tzinfo=UTC)
"""Noon of a month's end at the shop, whose zone is five hours behind."""
FIRST = date(2027, 1, 31)


@dataclass
class Club:
    """A shop and the membership it offers: 12 000 a month, half of it for access, half for a visit."""

    shop: Shop
    processor: InProcessProcessor
    plan_id: uuid.UUID

    @contextmanager
    def on(self, day: date) -> Iterator[None]:
        with clock.frozen(JANUARY + timedelta(days=(day - FIRST).days)):
            yield

    def join(self, token: str | None = "tok_visa", **values: Any) -> uuid.UUID:
        asked = JoinIn.model_validate(
            {
                "client_id": self.shop.client_id, "location_id": self.shop.north,
                "membership_plan_id": self.plan_id, "payment_token": token, **values,
            }
        )  # fmt: skip
        with self.shop.transaction() as session:
            return life.join(session, self.shop.actor, asked).id

    def bill(self) -> BillingRun:
        with self.shop.desk() as desk:
            return bill_due(desk, self.processor, self.shop.north)

    def close(self, day: date) -> None:
        """Close a day and the days before it on which nothing happened."""
        with self.on(day), self.shop.transaction() as session:
            close_day(session, self.shop.actor, self.shop.north, day)

    def membership(self, membership_id: uuid.UUID) -> Membership:
        with self.shop.database.session("owner") as session:
            return session.scalars(select(Membership).where(Membership.id == membership_id)).one()

    def periods(self, membership_id: uuid.UUID) -> list[MembershipPeriod]:
        with self.shop.database.session("owner") as session:
            return list(
                session.scalars(
                    select(MembershipPeriod)
                    .where(MembershipPeriod.membership_id == membership_id)
                    .order_by(MembershipPeriod.number)
                )
            )

    def credits(self, membership_id: uuid.UUID) -> list[Entitlement]:
        with self.shop.database.session("owner") as session:
            return list(
                session.scalars(
                    select(Entitlement)
                    .where(Entitlement.membership_id == membership_id)
                    .order_by(Entitlement.granted_on, Entitlement.id)
                )
            )

    def events(self, membership_id: uuid.UUID) -> list[str]:
        with self.shop.database.session("owner") as session:
            rows = session.scalars(
                select(MembershipEvent)
                .where(MembershipEvent.membership_id == membership_id)
                .order_by(MembershipEvent.created_at, MembershipEvent.id)
            )
            return [row.kind.value for row in rows]

    def payments(self) -> int:
        with self.shop.database.session("owner") as session:
            query = select(func.count()).where(Payment.org_id == self.shop.made.org_id)
            return session.scalar(query) or 0

    @property
    def earned(self) -> int:
        return -self.shop.balance(Account.MEMBERSHIP_DUES)


def offer(shop: Shop, **terms: Any) -> uuid.UUID:
    values = {
        "price_minor": 12_000, "period_months": 1, "access_standalone_minor": 10_000,
        "tax_class": "none", "rollover_periods": 1, "breakage_ppm": 0, **terms,
    }  # fmt: skip
    visit = ItemIn(service_id=shop.made.consultation_id, quantity_milli=MILLI)
    with shop.transaction() as session:
        return create_membership_plan(session, shop.actor, uuid.uuid4().hex, values, [visit]).id
