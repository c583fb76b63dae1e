"""Treatment categories, products, services, rooms and devices."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Annotated

from fastapi import Depends, Query, Response
from sqlalchemy import select

from medspa.kernel.vocabulary import Permission
from operational.catalogue import service
from operational.catalogue.defaults import load_defaults
from operational.catalogue.schemas import (
    CategoryChange,
    CategoryCreate,
    CategoryView,
    DefaultsLoaded,
    ProductChange,
    ProductCreate,
    ProductView,
    ResourceChange,
    ResourceCreate,
    ResourceNeed,
    ResourceView,
    ServiceChange,
    ServiceCreate,
    ServiceView,
)
from operational.etag import IfMatch, set_etag
from operational.identity.dependencies import needs, signed_in
from operational.identity.unit import Unit
from operational.models.catalogue import Product, Resource, Service, TreatmentCategory
from operational.paging import Cursor, Limit, Page, by_id
from operational.routing import AreaRouter
from operational.rows import get_row

router = AreaRouter(prefix="/v1", tags=["catalogue"])

Reader = Annotated[Unit, Depends(signed_in(), scope="function")]
Manager = Annotated[Unit, Depends(needs(Permission.CATALOGUE_MANAGE), scope="function")]
OnlyActive = Annotated[bool, Query(description="Leave out what is no longer offered.")]


@router.post("/catalogue/defaults")
def load_catalogue_defaults(unit: Manager) -> DefaultsLoaded:
    """Add the usual treatment categories with their cycles, and neurotoxins without a price."""
    categories, products = load_defaults(unit.session, unit.actor)
    return DefaultsLoaded(categories_added=categories, products_added=products)


@router.get("/treatment-categories")
def list_categories(unit: Reader, limit: Limit = 50, cursor: Cursor = None) -> Page[CategoryView]:
    rows, following = by_id(unit.session, select(TreatmentCategory), TreatmentCategory.id, limit, cursor)
    return Page(items=[CategoryView.model_validate(row) for row in rows], next_cursor=following)


@router.post("/treatment-categories", status_code=201)
def create_category(unit: Manager, response: Response, body: CategoryCreate) -> CategoryView:
    row = service.create_category(unit.session, unit.actor, body.model_dump())
    set_etag(response, row)
    return CategoryView.model_validate(row)


@router.get("/treatment-categories/{category_id}")
def show_category(unit: Reader, response: Response, category_id: uuid.UUID) -> CategoryView:
    row = get_row(unit.session, TreatmentCategory, category_id)
    set_etag(response, row)
    return CategoryView.model_validate(row)


@router.patch("/treatment-categories/{category_id}")
def edit_category(
    unit: Manager, response: Response, category_id: uuid.UUID, body: CategoryChange, if_match: IfMatch = None
) -> CategoryView:
    values = body.model_dump(exclude_unset=True)
    row = service.edit_category(unit.session, unit.actor, category_id, if_match, values)
    set_etag(response, row)
    return CategoryView.model_validate(row)


@router.get("/products")
def list_products(
    unit: Reader, active: OnlyActive = False, limit: Limit = 50, cursor: Cursor = None
) -> Page[ProductView]:
    statement = select(Product).where(Product.active) if active else select(Product)
    rows, following = by_id(unit.session, statement, Product.id, limit, cursor)
    return Page(items=[ProductView.model_validate(row) for row in rows], next_cursor=following)


@router.post("/products", status_code=201)
def create_product(unit: Manager, response: Response, body: ProductCreate) -> ProductView:
    row = service.create_product(unit.session, unit.actor, body.model_dump())
    set_etag(response, row)
    return ProductView.model_validate(row)


@router.get("/products/{product_id}")
def show_product(unit: Reader, response: Response, product_id: uuid.UUID) -> ProductView:
    row = get_row(unit.session, Product, product_id)
    set_etag(response, row)
    return ProductView.model_validate(row)


@router.patch("/products/{product_id}")
def edit_product(
    unit: Manager, response: Response, product_id: uuid.UUID, body: ProductChange, if_match: IfMatch = None
) -> ProductView:
    values = body.model_dump(exclude_unset=True)
    row = service.edit_product(unit.session, unit.actor, product_id, if_match, values)
    set_etag(response, row)
    return ProductView.model_validate(row)


@router.get("/services")
def list_services(
    unit: Reader,
    category_id: uuid.UUID | None = None,
    active: OnlyActive = False,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[ServiceView]:
    statement = select(Service)
    if active:
        statement = statement.where(Service.active)
    if category_id is not None:
        statement = statement.where(Service.category_id == category_id)
    rows, following = by_id(unit.session, statement, Service.id, limit, cursor)
    return Page(items=_services(unit, rows), next_cursor=following)


@router.post("/services", status_code=201)
def create_service(unit: Manager, response: Response, body: ServiceCreate) -> ServiceView:
    values = body.model_dump()
    wanted = values.pop("needs")
    row = service.create_service(unit.session, unit.actor, values, wanted)
    set_etag(response, row)
    return _services(unit, [row])[0]


@router.get("/services/{service_id}")
def show_service(unit: Reader, response: Response, service_id: uuid.UUID) -> ServiceView:
    row = get_row(unit.session, Service, service_id)
    set_etag(response, row)
    return _services(unit, [row])[0]


@router.patch("/services/{service_id}")
def edit_service(
    unit: Manager, response: Response, service_id: uuid.UUID, body: ServiceChange, if_match: IfMatch = None
) -> ServiceView:
    values = body.model_dump(exclude_unset=True)
    wanted = values.pop("needs", None)
    row = service.edit_service(unit.session, unit.actor, service_id, if_match, values, wanted)
    set_etag(response, row)
    return _services(unit, [row])[0]


@router.get("/resources")
def list_resources(
    unit: Reader, location_id: uuid.UUID | None = None, limit: Limit = 50, cursor: Cursor = None
) -> Page[ResourceView]:
    statement = select(Resource)
    if location_id is not None:
        statement = statement.where(Resource.location_id == location_id)
    rows, following = by_id(unit.session, statement, Resource.id, limit, cursor)
    return Page(items=[ResourceView.model_validate(row) for row in rows], next_cursor=following)


@router.post("/resources", status_code=201)
def create_resource(unit: Manager, response: Response, body: ResourceCreate) -> ResourceView:
    row = service.create_resource(unit.session, unit.actor, body.model_dump())
    set_etag(response, row)
    return ResourceView.model_validate(row)


@router.get("/resources/{resource_id}")
def show_resource(unit: Reader, response: Response, resource_id: uuid.UUID) -> ResourceView:
    row = get_row(unit.session, Resource, resource_id)
    set_etag(response, row)
    return ResourceView.model_validate(row)


@router.patch("/resources/{resource_id}")
def edit_resource(
    unit: Manager, response: Response, resource_id: uuid.UUID, body: ResourceChange, if_match: IfMatch = None
) -> ResourceView:
    values = body.model_dump(exclude_unset=True)
    row = service.edit_resource(unit.session, unit.actor, resource_id, if_match, values)
    set_etag(response, row)
    return ResourceView.model_validate(row)


def _services(unit: Unit, rows: Sequence[Service]) -> list[ServiceView]:
    wanted = service.needs_of(unit.session, [row.id for row in rows])
    views = []
    for row in rows:
        columns = {name: getattr(row, name) for name in ServiceView.model_fields if name != "needs"}
        resources = [ResourceNeed(kind=one.kind, tag=one.tag) for one in wanted[row.id]]
        views.append(ServiceView(**columns, needs=resources))
    return views
