"""Giving back what is left of a package (metrics, section 7: row 14). It is paid out like any credit memo."""

from __future__ import annotations

import uuid

from sqlalchemy import select
from sqlalchemy.orm import Session

from medspa.kernel.vocabulary import Account, Permission
from operational.checkout.credit import Credited
from operational.checkout.errors import NotRefundable
from operational.checkout.queries import found
from operational.identity.access import Actor
from operational.ledger.balances import lock_package
from operational.ledger.days import open_business_date
from operational.models import Entitlement, InvoiceLine, Package
from operational.packages.schemas import RefundIn
from operational.prepaid import entitlements
from operational.prepaid.refunding import Unused, credit_unused


def refund_package(session: Session, actor: Actor, package_id: uuid.UUID, request: RefundIn) -> Credited:
    """Credit what is left of a package and end it.

    Raises Forbidden, NotFound, NotRefundable, NothingLeft, InvoiceVoided, MoreThanCameIn, Invalid.
    """
    seen = found(session, Package, package_id, "package")
    actor.require(Permission.PAYMENT_REFUND, seen.location_id)
    # The day before the contract, as the close takes them.
    day = open_business_date(session, seen.location_id)
    package = lock_package(session, package_id)
    line = session.scalar(select(InvoiceLine).where(InvoiceLine.package_id == package_id))
    if line is None:
        raise NotRefundable("This package was brought over from another system and has no invoice here.")
    rows = session.scalars(
        select(Entitlement).where(Entitlement.package_id == package_id).order_by(Entitlement.id)
    ).all()
    held = entitlements.with_rest(session, rows)
    unused = Unused(line, Account.DEFERRED_PACKAGES, package_id, package.location_id, held)
    return credit_unused(session, actor, unused, request, day)
