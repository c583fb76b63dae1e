"""An import, carried through in the caller's transaction: all of it or nothing, and nothing twice."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from medspa.kernel import clock
from medspa.kernel.vocabulary import Permission, Purpose
from operational.catalogue.defaults import CATEGORIES, PRODUCTS, load_defaults
from operational.identity.access import Actor
from operational.importers.days import close
from operational.importers.errors import MappingRefused
from operational.importers.mapping import ServiceMapping, unmapped
from operational.importers.plan import Plan, plan
from operational.importers.report import LossReport, Outcome
from operational.importers.store import known
from operational.importers.vagaro.read import Export
from operational.importers.vagaro.records import SYSTEM
from operational.ledger.post import post_many
from operational.models import (
    Allocation,
    Appointment,
    AppointmentHistory,
    AppointmentItem,
    BusinessDay,
    Client,
    ClientDuplicate,
    CreditMemo,
    CreditMemoLine,
    Drawer,
    DrawerSession,
    GiftCard,
    ImportRow,
    ImportRun,
    Invoice,
    InvoiceLine,
    InvoiceLineTax,
    Payment,
    Payout,
    Product,
    Service,
    StaffMember,
    TaxJurisdiction,
    Tip,
    TreatmentRecord,
)
from operational.privacy.audit import open_audit

_IN_ORDER = (
    StaffMember, Service, Product, TaxJurisdiction, Drawer, BusinessDay, DrawerSession, Client,
    ClientDuplicate, GiftCard, Appointment, AppointmentHistory, AppointmentItem, TreatmentRecord, Invoice,
    InvoiceLine, InvoiceLineTax, Payment, Tip, Allocation, CreditMemo, CreditMemoLine, Payout,
)  # fmt: skip
"""What another row names comes before it."""
_ONE_AT_A_TIME = text("select pg_advisory_xact_lock(hashtextextended('import:' || :org, 0))")
# A statement writes thousands of rows; the limits are a request's.
_NO_LIMITS = text(
    "select set_config('statement_timeout', '0', true),"
    " set_config('idle_in_transaction_session_timeout', '0', true)"
)


def preview(
    session: Session, actor: Actor, location_id: UUID, export: Export, mapping: ServiceMapping
) -> LossReport:
    """What an import would do, without writing anything, not even that somebody looked.

    Clients of the store cannot be read without an audit, so rows about them count as new.
    """
    actor.require_everywhere(Permission.ORGANIZATION_MANAGE)
    _check(export, mapping)
    session.execute(text("set transaction read only"))
    found = known(session, location_id, with_clients=False)
    for code in CATEGORIES:
        found.categories.setdefault(code, actor.org_id)
    for name in PRODUCTS:
        found.products.setdefault(name, actor.org_id)
    made = plan(actor.org_id, export, mapping, found)
    made.report.check()
    return made.report


def move_in(
    session: Session, actor: Actor, location_id: UUID, export: Export, mapping: ServiceMapping
) -> LossReport:
    """Write what the export says and close its days. Raises MappingRefused, NotFound, Forbidden."""
    actor.require_everywhere(Permission.ORGANIZATION_MANAGE)
    _check(export, mapping)
    session.execute(_NO_LIMITS)
    session.execute(_ONE_AT_A_TIME, {"org": str(actor.org_id)})
    open_audit(session, actor, Purpose.OPERATIONS)
    load_defaults(session, actor)
    found = known(session, location_id, with_clients=True)
    made = plan(actor.org_id, export, mapping, found)
    made.report.check()
    if made.report.total(Outcome.IMPORTED) + made.report.total(Outcome.MERGED):
        _write(session, actor.org_id, location_id, made, mapping)
        close(session, actor.org_id, found.place, made.days.in_order)
    return made.report


def _check(export: Export, mapping: ServiceMapping) -> None:
    if lacking := unmapped(mapping, export.services):
        shown = ", ".join(lacking[:5]) + (" and others" if len(lacking) > 5 else "")
        raise MappingRefused(
            f"The mapping does not name {len(lacking)} services: {shown}.", {"services": lacking}
        )


def _write(session: Session, org_id: UUID, location_id: UUID, made: Plan, mapping: ServiceMapping) -> None:
    for model in _IN_ORDER:
        made.rows.insert(session, model)
    post_many(session, made.entries)
    report = made.report
    run = ImportRun(
        org_id=org_id,
        id=made.run_id,
        system=SYSTEM,
        location_id=location_id,
        mapping_sha256=mapping.sha256,
        rows_read=report.rows_read,
        rows_imported=report.total(Outcome.IMPORTED),
        rows_merged=report.total(Outcome.MERGED),
        rows_known=report.total(Outcome.KNOWN),
        rows_refused=report.total(Outcome.REFUSED),
        created_at=clock.now(),
    )
    session.add(run)
    session.flush()
    made.rows.insert(session, ImportRow)
