"""Sets the simulated practice up through the services: books, places, prices, forms, the first people."""

from __future__ import annotations

import uuid

from sqlalchemy import select

from medspa.kernel.database import TenantSession
from medspa.kernel.money import MILLI
from medspa.kernel.vocabulary import PublicTextKind
from operational.catalogue import service as catalogue
from operational.catalogue.defaults import load_defaults
from operational.catalogue.schemas import ProductCreate, ResourceCreate, ServiceCreate
from operational.consent.schemas import NewTemplate, NewVersion
from operational.consent.templates import create_template, publish_version
from operational.identity.access import Actor
from operational.identity.staff import RoleAt, hire
from operational.ledger.drawers import create_drawer
from operational.memberships.plans import create_membership_plan
from operational.memberships.schemas import MembershipPlanCreate
from operational.models import Product as ProductRow
from operational.models import TreatmentCategory
from operational.online import setup as online
from operational.organization import service as organization
from operational.organization.credentials import add_credential
from operational.organization.schemas import (
    LegalEntityCreate,
    LocationCreate,
    MerchantAccountCreate,
    OpeningHours,
    TaxRateCreate,
)
from operational.packages.plans import create_package_plan
from operational.packages.schemas import ItemIn, PackagePlanCreate
from operational.rows import change_row, get_row
from operational.simulation.menu import (
    CLUB,
    CLUB_ACCESS_MINOR,
    CLUB_MINOR,
    CLUB_OFFER,
    CLUB_PLUS,
    CLUB_PLUS_ACCESS_MINOR,
    CLUB_PLUS_MINOR,
    OFFERS,
    PACKAGES,
    PRODUCTS,
    Offer,
)
from operational.simulation.scale import BEYOND, PlacePlan, ProviderPlan, Scale
from operational.simulation.stage import Stage

OPENS, CLOSES = 8 * 60, 20 * 60
ROOMS = 4
NO_SHOW_FEE, LATE_FEE = 5_000, 4_000
DOMAIN = "practice.example"
PUBLIC_TEXTS = {
    PublicTextKind.CANCELLATION_POLICY: "Cancel a day ahead. Later, or without a word, costs a fee.",
    PublicTextKind.CONTACT_CONSENT: "You may call me or write to me about my question or my booking.",
}


def set_up(stage: Stage, scale: Scale, roles: dict[str, uuid.UUID]) -> None:
    """Everything that must stand before the first day. The providers of later come with their events."""
    stage.ids.roles = roles
    with stage.act(stage.owner) as session:
        for place in scale.places:
            # In another state a practice is another corporation, with books and a card account of its own.
            entity = organization.create_legal_entity(
                session,
                stage.owner,
                LegalEntityCreate(name=f"{scale.name} {place.state} PC", currency="USD").model_dump(),
            ).id
            stage.ids.merchants[place.code] = organization.create_merchant_account(
                session,
                stage.owner,
                MerchantAccountCreate(legal_entity_id=entity, name=f"Card account {place.code}").model_dump(),
            ).id
            _place(session, stage, scale, place, entity)
    with stage.act(stage.owner) as session:
        _catalogue(session, stage)
    for label, role in (("Front desk", "Front desk"), ("Manager", "Manager")):
        employ(stage, scale, label, role, None)
    for provider in scale.providers:
        if not provider.joins:
            employ(stage, scale, provider.label, "Provider", provider)


def employ(stage: Stage, scale: Scale, label: str, role: str, provider: ProviderPlan | None) -> None:
    """Hire somebody; a provider comes with credentials for what they do where they work."""
    address = f"{label.lower().replace(' ', '.')}@{scale.slug}.{DOMAIN}"
    with stage.act(stage.owner) as session:
        staff, _ = hire(
            session,
            stage.owner,
            label=label,
            email=address,
            is_provider=provider is not None,
            roles=[RoleAt(stage.ids.roles[role], None)],
        )
        for code in sorted({code for code, _ in provider.days}) if provider else ():
            for category in provider.categories if provider else ():
                values = {
                    "category_id": stage.ids.categories[category],
                    "location_id": stage.ids.places[code],
                    "licence_number": "RN-0000",
                    "valid_from": scale.first,
                    "valid_until": scale.last + 3 * BEYOND,
                }
                add_credential(session, stage.owner, staff.id, values)
    stage.know(label, staff.id)


def _place(session: TenantSession, stage: Stage, scale: Scale, place: PlacePlan, entity: uuid.UUID) -> None:
    owner = stage.owner
    sent = LocationCreate(
        legal_entity_id=entity, name=place.name, code=place.code, timezone=place.timezone, state=place.state,
        notice_minutes=24 * 60, no_show_fee_minor=NO_SHOW_FEE, late_cancel_fee_minor=LATE_FEE,
        cash_step_minor=5, invoice_due_days=14,
    )  # fmt: skip
    location = organization.create_location(session, owner, sent.model_dump())
    stage.ids.places[place.code] = location.id
    hours = [OpeningHours(weekday=day, opens_minute=OPENS, closes_minute=CLOSES) for day in place.weekdays]
    organization.set_hours(session, owner, location.id, f'"{location.version}"', hours)
    for name, rate, _ in place.taxes:
        jurisdiction = organization.create_jurisdiction(session, owner, location.id, name)
        stage.ids.jurisdictions[place.code, name] = jurisdiction.id
        goods = TaxRateCreate(tax_class="goods", rate_ppm=rate, valid_from=scale.first)
        organization.add_rate(session, owner, jurisdiction.id, goods.model_dump())
    public = {
        "booking_open": True,
        "enquiries_open": True,
        "hold_minutes": 10,
        "days_ahead": 90,
        "most_upcoming": 3,
        "waitlist_open": True,
        "fees_to_card": False,
        "address": None,
    }
    online.set_location(session, owner, location.id, public)
    for text, body in PUBLIC_TEXTS.items():
        online.publish_text(session, owner, location.id, text, body)
    stage.ids.drawers[place.code] = create_drawer(session, owner, location.id, "Front desk").id
    rooms = [("room", f"Room {number}", "treatment") for number in range(1, ROOMS + 1)]
    for kind, name, tag in (*rooms, ("device", "Laser", "laser")):
        made = ResourceCreate.model_validate(
            {"location_id": location.id, "kind": kind, "name": name, "tag": tag}
        )
        catalogue.create_resource(session, owner, made.model_dump())


def _catalogue(session: TenantSession, stage: Stage) -> None:
    owner, ids = stage.owner, stage.ids
    load_defaults(session, owner)
    ids.categories = dict(session.execute(select(TreatmentCategory.code, TreatmentCategory.id)).all())
    known = dict(session.execute(select(ProductRow.name, ProductRow.id)).all())
    for product in PRODUCTS:
        if product.name in known:
            row = get_row(session, ProductRow, known[product.name])
            values = {"price_minor": product.price_minor, "active": True}
            made = change_row(session, ProductRow, row.id, f'"{row.version}"', values)
        else:
            sent = ProductCreate.model_validate(
                {
                    "name": product.name,
                    "category_id": ids.categories[product.category] if product.category else None,
                    "unit": product.unit,
                    "price_minor": product.price_minor,
                    "is_retail": product.retail,
                    "tax_class": "goods" if product.retail else "service",
                }
            )
            made = catalogue.create_product(session, owner, sent.model_dump())
        ids.products[product.name] = made.id
    ids.consent = create_template(session, owner, NewTemplate(name="Treatment consent", valid_days=365)).id
    publish_version(
        session,
        owner,
        ids.consent,
        NewVersion(
            body="I was told what the treatment does, what it may do wrong, and what else could be done.",
            disclosure="You may ask for a paper copy and withdraw this consent at any time.",
        ),
    )
    for offer in OFFERS:
        ids.services[offer.name] = _service(session, stage, offer)
    for offer_name, (name, sessions, price) in PACKAGES.items():
        plan = PackagePlanCreate(
            name=name,
            price_minor=price,
            expires_after_days=400,
            breakage_ppm=50_000,
            items=[ItemIn(service_id=ids.services[offer_name], quantity_milli=sessions * MILLI)],
        )
        values = plan.model_dump(exclude={"items"})
        ids.plans[offer_name] = create_package_plan(session, owner, values, plan.items).id
    ids.club = _club(session, stage, owner, CLUB, CLUB_MINOR, CLUB_ACCESS_MINOR)
    ids.club_plus = _club(session, stage, owner, CLUB_PLUS, CLUB_PLUS_MINOR, CLUB_PLUS_ACCESS_MINOR)


def _club(
    session: TenantSession, stage: Stage, owner: Actor, name: str, price_minor: int, access_minor: int
) -> uuid.UUID:
    terms = MembershipPlanCreate(
        name=name,
        price_minor=price_minor,
        access_standalone_minor=access_minor,
        rollover_periods=2,
        breakage_ppm=30_000,
        credits=[ItemIn(service_id=stage.ids.services[CLUB_OFFER], quantity_milli=MILLI)],
    )
    values = terms.model_dump(exclude={"name", "credits"})
    return create_membership_plan(session, owner, name, values, terms.credits).id


def _service(session: TenantSession, stage: Stage, offer: Offer) -> uuid.UUID:
    needs = [{"kind": "room", "tag": "treatment"}]
    if offer.laser:
        needs.append({"kind": "device", "tag": "laser"})
    sent = ServiceCreate.model_validate(
        {
            "name": offer.name,
            "category_id": stage.ids.categories[offer.category],
            "provider_minutes": offer.minutes,
            "price_minor": offer.price_minor,
            "billed_by_unit": bool(offer.products),
            "needs_treatment_record": offer.charted,
            "needs_exam": offer.exam,
            "consent_template_id": stage.ids.consent if offer.charted else None,
            "deposit_minor": offer.deposit_minor,
            "buffer_after_minutes": offer.clean_minutes,
            "needs": needs,
        }
    ).model_dump()
    wanted = sent.pop("needs")
    made = catalogue.create_service(session, stage.owner, sent, wanted).id
    shown = {"offered": True, "card_on_file": offer.keeps_card, "needs_approval": False}
    online.set_service(session, stage.owner, made, shown)
    return made
