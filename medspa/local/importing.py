"""Carries an import out on this installation's store, as the operator, in one transaction."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select

from medspa.kernel.database import make_engine, session_scope
from medspa.kernel.errors import Invalid
from medspa.kernel.settings import Settings
from medspa.local import operator
from operational.catalogue.defaults import CATEGORIES, PRODUCTS
from operational.importers import mapping
from operational.importers.report import LossReport
from operational.importers.run import move_in, preview
from operational.importers.vagaro.read import Export
from operational.models import Product, TreatmentCategory


@dataclass(frozen=True, slots=True)
class Order:
    """What to import, with which mapping, where to, and whether only to look."""

    export: Export
    mapping: Path
    organization: str
    location: str
    preview: bool


def carry_out(settings: Settings, order: Order) -> LossReport:
    """Raises NotFound, Invalid and what the importers raise."""
    engine = make_engine(settings.operational_dsn("app"), application_name="medspa-import")
    try:
        org_id = operator.organization(engine, order.organization)
        places = operator.places(engine, org_id, order.location)
        if len(places) != 1:
            raise Invalid("History belongs to one location: name it with --location.")
        actor = operator.actor(org_id, "import")
        with session_scope(engine, org_id) as session:
            categories = session.scalars(select(TreatmentCategory.code))
            products = session.scalars(select(Product.name))
            chosen = mapping.read(order.mapping, {*categories, *CATEGORIES}, {*products, *PRODUCTS})
        with session_scope(engine, org_id) as session:
            work = preview if order.preview else move_in
            return work(session, actor, places[0].id, order.export, chosen)
    finally:
        engine.dispose()
