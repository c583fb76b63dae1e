"""Organization, legal entities, locations, hours, taxes, merchant accounts."""

from __future__ import annotations

import uuid
from typing import Annotated

from fastapi import Depends, Response
from sqlalchemy import select

from medspa.kernel.vocabulary import Permission
from operational.checkout.processor.open import account_names
from operational.etag import IfMatch, set_etag
from operational.identity.dependencies import needs, signed_in
from operational.identity.unit import Unit
from operational.models.organization import (
    LegalEntity,
    Location,
    MerchantAccount,
    TaxJurisdiction,
    TaxRate,
)
from operational.organization import service
from operational.organization.schemas import (
    HoursSet,
    HoursView,
    JurisdictionCreate,
    JurisdictionView,
    LegalEntityChange,
    LegalEntityCreate,
    LegalEntityView,
    LocationChange,
    LocationCreate,
    LocationView,
    MerchantAccountChange,
    MerchantAccountCreate,
    MerchantAccountView,
    OpeningHours,
    OrganizationChange,
    OrganizationView,
    TaxRateCreate,
    TaxRateView,
)
from operational.paging import Cursor, Limit, Page, by_id
from operational.routing import AreaRouter
from operational.rows import get_row

router = AreaRouter(prefix="/v1", tags=["organization"])

Reader = Annotated[Unit, Depends(signed_in(), scope="function")]
Manager = Annotated[Unit, Depends(needs(Permission.ORGANIZATION_MANAGE), scope="function")]


@router.get("/organization")
def show_organization(unit: Reader, response: Response) -> OrganizationView:
    row = service.get_organization(unit.session)
    set_etag(response, row)
    return OrganizationView.model_validate(row)


@router.patch("/organization")
def edit_organization(
    unit: Manager, response: Response, body: OrganizationChange, if_match: IfMatch = None
) -> OrganizationView:
    row = service.rename_organization(unit.session, unit.actor, if_match, body.name)
    set_etag(response, row)
    return OrganizationView.model_validate(row)


@router.get("/legal-entities")
def list_legal_entities(unit: Manager, limit: Limit = 50, cursor: Cursor = None) -> Page[LegalEntityView]:
    rows, following = by_id(unit.session, select(LegalEntity), LegalEntity.id, limit, cursor)
    return Page(items=[LegalEntityView.model_validate(row) for row in rows], next_cursor=following)


@router.post("/legal-entities", status_code=201)
def create_legal_entity(unit: Manager, response: Response, body: LegalEntityCreate) -> LegalEntityView:
    row = service.create_legal_entity(unit.session, unit.actor, body.model_dump())
    set_etag(response, row)
    return LegalEntityView.model_validate(row)


@router.get("/legal-entities/{legal_entity_id}")
def show_legal_entity(unit: Manager, response: Response, legal_entity_id: uuid.UUID) -> LegalEntityView:
    row = get_row(unit.session, LegalEntity, legal_entity_id)
    set_etag(response, row)
    return LegalEntityView.model_validate(row)


@router.patch("/legal-entities/{legal_entity_id}")
def edit_legal_entity(
    unit: Manager,
    response: Response,
    legal_entity_id: uuid.UUID,
    body: LegalEntityChange,
    if_match: IfMatch = None,
) -> LegalEntityView:
    values = body.model_dump(exclude_unset=True)
    row = service.edit_legal_entity(unit.session, unit.actor, legal_entity_id, if_match, values)
    set_etag(response, row)
    return LegalEntityView.model_validate(row)


@router.get("/locations")
def list_locations(unit: Reader, limit: Limit = 50, cursor: Cursor = None) -> Page[LocationView]:
    rows, following = by_id(unit.session, select(Location), Location.id, limit, cursor)
    return Page(items=[LocationView.model_validate(row) for row in rows], next_cursor=following)


@router.post("/locations", status_code=201)
def create_location(unit: Manager, response: Response, body: LocationCreate) -> LocationView:
    row = service.create_location(unit.session, unit.actor, body.model_dump())
    set_etag(response, row)
    return LocationView.model_validate(row)


@router.get("/locations/{location_id}")
def show_location(unit: Reader, response: Response, location_id: uuid.UUID) -> LocationView:
    row = get_row(unit.session, Location, location_id)
    set_etag(response, row)
    return LocationView.model_validate(row)


@router.patch("/locations/{location_id}")
def edit_location(
    unit: Manager, response: Response, location_id: uuid.UUID, body: LocationChange, if_match: IfMatch = None
) -> LocationView:
    values = body.model_dump(exclude_unset=True)
    row = service.edit_location(unit.session, unit.actor, location_id, if_match, values)
    set_etag(response, row)
    return LocationView.model_validate(row)


@router.get("/locations/{location_id}/hours")
def show_hours(unit: Reader, response: Response, location_id: uuid.UUID) -> HoursView:
    location = get_row(unit.session, Location, location_id)
    set_etag(response, location)
    return _hours(unit, location)


@router.put("/locations/{location_id}/hours")
def set_hours(
    unit: Manager, response: Response, location_id: uuid.UUID, body: HoursSet, if_match: IfMatch = None
) -> HoursView:
    """Replaces the week. The ETag is the location's."""
    location = service.set_hours(unit.session, unit.actor, location_id, if_match, body.hours)
    set_etag(response, location)
    return _hours(unit, location)


def _hours(unit: Unit, location: Location) -> HoursView:
    rows = service.hours_of(unit.session, location.id)
    hours = [
        OpeningHours(weekday=row.weekday, opens_minute=row.opens_minute, closes_minute=row.closes_minute)
        for row in rows
    ]
    return HoursView(location_id=location.id, hours=hours, version=location.version)


@router.get("/locations/{location_id}/tax-jurisdictions")
def list_jurisdictions(
    unit: Reader, location_id: uuid.UUID, limit: Limit = 50, cursor: Cursor = None
) -> Page[JurisdictionView]:
    get_row(unit.session, Location, location_id)
    statement = select(TaxJurisdiction).where(TaxJurisdiction.location_id == location_id)
    rows, following = by_id(unit.session, statement, TaxJurisdiction.id, limit, cursor)
    return Page(items=[JurisdictionView.model_validate(row) for row in rows], next_cursor=following)


@router.post("/locations/{location_id}/tax-jurisdictions", status_code=201)
def create_jurisdiction(unit: Manager, location_id: uuid.UUID, body: JurisdictionCreate) -> JurisdictionView:
    row = service.create_jurisdiction(unit.session, unit.actor, location_id, body.name)
    return JurisdictionView.model_validate(row)


@router.get("/tax-jurisdictions/{jurisdiction_id}/rates")
def list_rates(
    unit: Reader, jurisdiction_id: uuid.UUID, limit: Limit = 50, cursor: Cursor = None
) -> Page[TaxRateView]:
    get_row(unit.session, TaxJurisdiction, jurisdiction_id)
    statement = select(TaxRate).where(TaxRate.jurisdiction_id == jurisdiction_id)
    rows, following = by_id(unit.session, statement, TaxRate.id, limit, cursor)
    return Page(items=[TaxRateView.model_validate(row) for row in rows], next_cursor=following)


@router.post("/tax-jurisdictions/{jurisdiction_id}/rates", status_code=201)
def add_rate(unit: Manager, jurisdiction_id: uuid.UUID, body: TaxRateCreate) -> TaxRateView:
    """A rate from a date on, until the next one begins."""
    row = service.add_rate(unit.session, unit.actor, jurisdiction_id, body.model_dump())
    return TaxRateView.model_validate(row)


@router.get("/merchant-accounts")
def list_merchant_accounts(
    unit: Reader, limit: Limit = 50, cursor: Cursor = None
) -> Page[MerchantAccountView]:
    rows, following = by_id(unit.session, select(MerchantAccount), MerchantAccount.id, limit, cursor)
    return Page(items=[MerchantAccountView.model_validate(row) for row in rows], next_cursor=following)


@router.post("/merchant-accounts", status_code=201)
def create_merchant_account(unit: Manager, body: MerchantAccountCreate) -> MerchantAccountView:
    names = account_names(unit.settings)
    row = service.create_merchant_account(unit.session, unit.actor, body.model_dump(), names=names)
    return MerchantAccountView.model_validate(row)


@router.patch("/merchant-accounts/{merchant_account_id}")
def edit_merchant_account(
    unit: Manager, merchant_account_id: uuid.UUID, body: MerchantAccountChange
) -> MerchantAccountView:
    """Correct what the processor calls it, until it is first used."""
    name, names = body.processor_account, account_names(unit.settings)
    row = service.name_merchant_account(unit.session, unit.actor, merchant_account_id, name, names)
    return MerchantAccountView.model_validate(row)
