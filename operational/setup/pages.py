"""Set-up's first page, the organization's name, and what is of one location: hours, taxes, drawers."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import Depends, Request, Response
from sqlalchemy import select

from medspa.kernel.vocabulary import Permission
from operational.catalogue.defaults import load_defaults
from operational.etag import etag
from operational.identity.dependencies import needs, signed_in
from operational.identity.unit import Unit
from operational.ledger.drawers import create_drawer
from operational.ledger.schemas import NewDrawer
from operational.models import Drawer, Location, TaxJurisdiction, TaxRate
from operational.organization import service
from operational.organization.schemas import JurisdictionCreate, OrganizationChange, TaxRateCreate
from operational.pages import page, page_router, redirect
from operational.rows import get_row
from operational.setup import fields as forms
from operational.setup import week
from operational.setup.attempt import Sent, attempt, attempt_form
from operational.setup.checklist import checklist
from operational.setup.fields import Field
from operational.setup.kinds import AREA
from operational.setup.record_pages import add_section
from operational.setup.sections import SECTIONS
from operational.setup.small import small_page

pages = page_router()
Anybody = Annotated[Unit, Depends(signed_in(), scope="function")]
Manager = Annotated[Unit, Depends(needs(Permission.ORGANIZATION_MANAGE), scope="function")]
Cataloguer = Annotated[Unit, Depends(needs(Permission.CATALOGUE_MANAGE), scope="function")]
NAME = (Field("name", "Name", hint="As clients and documents call the practice."),)
TAX = (
    Field("name", "Who levies it", hint="Such as New York State; the same name again adds a rate to it."),
    Field(
        "tax_class", "Tax class", hint="As services and products name it: service or retail.", start="service"
    ),
    Field("rate_ppm", "Rate (percent)", "percent", hint="Such as 8.875; 0 for what is exempt."),
    Field("valid_from", "From", "date"),
)
DRAWER = (Field("name", "Name", hint="Such as Front desk."),)


@pages.get("/setup")
def show_checklist(request: Request, unit: Anybody) -> Response:
    items = checklist(unit.session, unit.actor)
    ready = all(one.done for one in items if one.needed)
    return page(AREA, "checklist.html", request, unit, items=items, ready=ready)


@pages.post("/setup/defaults")
def add_defaults(request: Request, unit: Cataloguer) -> Response:
    categories, products = load_defaults(unit.session, unit.actor)
    return redirect("/setup/categories", request, f"Added {categories} categories and {products} products.")


@pages.get("/setup/organization")
def show_organization(request: Request, unit: Manager) -> Response:
    return _organization(request, unit, {})


@pages.post("/setup/organization")
def rename(request: Request, unit: Manager, sent: Sent) -> Response:
    def act(values: dict[str, Any]) -> None:
        name = OrganizationChange(**values).name
        service.rename_organization(unit.session, unit.actor, str(sent.get("if_match")), name)

    wrong = attempt_form(unit.session, NAME, sent, act)
    return _organization(request, unit, wrong) if wrong else redirect("/setup", request, "Saved.")


def _organization(request: Request, unit: Unit, wrong: Mapping[str, str]) -> Response:
    row = service.get_organization(unit.session)
    return small_page(
        request,
        unit,
        NAME,
        {"name": row.name},
        wrong,
        title="Organization",
        back=("/setup", "Set-up"),
        if_match=etag(row),
        does="Save",
    )


@pages.get("/setup/locations/{location_id}/hours")
def show_hours(request: Request, unit: Manager, location_id: uuid.UUID) -> Response:
    location = get_row(unit.session, Location, location_id)
    return _hours(request, unit, location, week.of_hours(service.hours_of(unit.session, location_id)), {})


@pages.post("/setup/locations/{location_id}/hours")
def set_hours(request: Request, unit: Manager, location_id: uuid.UUID, sent: Sent) -> Response:
    location = get_row(unit.session, Location, location_id)
    spans, wrong = week.read(sent)
    if not wrong:
        hours, if_match = week.as_hours(spans), str(sent.get("if_match") or "")
        wrong = attempt(
            unit.session,
            lambda: service.set_hours(unit.session, unit.actor, location_id, if_match, hours),
            (),
        )
    if wrong:
        return _hours(request, unit, location, week.typed(sent), wrong)
    return redirect(f"/setup/locations/{location_id}", request, "Opening hours are saved.")


def _hours(
    request: Request, unit: Unit, location: Location, days: Mapping[str, str], wrong: Mapping[str, str]
) -> Response:
    return page(
        AREA,
        "hours.html",
        request,
        unit,
        422 if wrong else 200,
        location=location,
        days=days,
        wrong=wrong,
        if_match=etag(location),
        weekdays=week.WEEKDAYS,
        parts=week.PARTS,
    )


@pages.get("/setup/locations/{location_id}/taxes")
def show_taxes(request: Request, unit: Manager, location_id: uuid.UUID) -> Response:
    return _taxes(request, unit, location_id, forms.blank(TAX), {})


@pages.post("/setup/locations/{location_id}/taxes")
def add_tax(request: Request, unit: Manager, location_id: uuid.UUID, sent: Sent) -> Response:
    """A rate from a day on, of a jurisdiction that is made when its name is new."""

    def act(values: dict[str, Any]) -> None:
        name = JurisdictionCreate(name=values["name"]).name
        rate = TaxRateCreate(**{key: value for key, value in values.items() if key != "name"})
        same = (TaxJurisdiction.location_id == location_id, TaxJurisdiction.name == name)
        levied = unit.session.scalar(select(TaxJurisdiction).where(*same))
        if levied is None:
            levied = service.create_jurisdiction(unit.session, unit.actor, location_id, name)
        service.add_rate(unit.session, unit.actor, levied.id, rate.model_dump())

    if wrong := attempt_form(unit.session, TAX, sent, act):
        return _taxes(request, unit, location_id, forms.typed(TAX, sent), wrong)
    return redirect(f"/setup/locations/{location_id}/taxes", request, "Saved.")


def _taxes(
    request: Request, unit: Unit, location_id: uuid.UUID, values: Mapping[str, Any], wrong: Mapping[str, str]
) -> Response:
    location = get_row(unit.session, Location, location_id)
    rows = unit.session.execute(
        select(TaxJurisdiction.name, TaxRate.tax_class, TaxRate.rate_ppm, TaxRate.valid_from)
        .join(
            TaxRate,
            (TaxRate.org_id == TaxJurisdiction.org_id) & (TaxRate.jurisdiction_id == TaxJurisdiction.id),
        )
        .where(TaxJurisdiction.location_id == location_id)
        .order_by(TaxJurisdiction.name, TaxRate.tax_class, TaxRate.valid_from)
    )
    table = [(name, word, f"{ppm / 10_000:g} %", str(since)) for name, word, ppm, since in rows]
    return small_page(
        request,
        unit,
        TAX,
        values,
        wrong,
        title=f"Taxes at {location.name}",
        lead="A rate counts from its day on, until the next of its class. What was invoiced keeps its tax.",
        table=table,
        columns=("Levied by", "Class", "Rate", "From"),
        back=(f"/setup/locations/{location_id}", location.name),
        does="Add the rate",
    )


@pages.get("/setup/locations/{location_id}/drawers")
def show_drawers(request: Request, unit: Manager, location_id: uuid.UUID) -> Response:
    return _drawers(request, unit, location_id, forms.blank(DRAWER), {})


@pages.post("/setup/locations/{location_id}/drawers")
def add_drawer(request: Request, unit: Manager, location_id: uuid.UUID, sent: Sent) -> Response:
    def act(values: dict[str, Any]) -> None:
        create_drawer(unit.session, unit.actor, location_id, NewDrawer(**values).name)

    if wrong := attempt_form(unit.session, DRAWER, sent, act):
        return _drawers(request, unit, location_id, forms.typed(DRAWER, sent), wrong)
    return redirect(f"/setup/locations/{location_id}/drawers", request, "Saved.")


def _drawers(
    request: Request, unit: Unit, location_id: uuid.UUID, values: Mapping[str, Any], wrong: Mapping[str, str]
) -> Response:
    location = get_row(unit.session, Location, location_id)
    names = unit.session.scalars(
        select(Drawer.name)
        .where(Drawer.location_id == location_id, Drawer.kind == "physical")
        .order_by(Drawer.name)
    )
    return small_page(
        request,
        unit,
        DRAWER,
        values,
        wrong,
        title=f"Cash drawers at {location.name}",
        lead="Each is opened with its float and counted at the end of the day.",
        table=[(one,) for one in names],
        columns=("Drawer",),
        back=(f"/setup/locations/{location_id}", location.name),
        does="Add the drawer",
    )


# After what has an address of its own: a section's records go by any id.
for _section in SECTIONS:
    add_section(pages, _section)
