"""Pages of online booking: what a location's public pages are open for, their texts, what is offered."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import Depends, Request, Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from medspa.kernel.vocabulary import Permission, PublicTextKind
from operational.identity.dependencies import needs
from operational.identity.unit import Unit
from operational.models import Location, OnlineLocation, OnlineService, PublicText, Service
from operational.online import place, setup
from operational.online.endpoints import OnlineOffer, OnlineSettings, TextIn
from operational.organization.service import get_organization
from operational.pages import page, page_router, redirect
from operational.rows import get_row
from operational.setup import fields as forms
from operational.setup.attempt import Sent, attempt
from operational.setup.fields import Field
from operational.setup.kinds import AREA

pages = page_router()
Manager = Annotated[Unit, Depends(needs(Permission.ORGANIZATION_MANAGE), scope="function")]
Cataloguer = Annotated[Unit, Depends(needs(Permission.CATALOGUE_MANAGE), scope="function")]
TEXTS = {
    PublicTextKind.CANCELLATION_POLICY: Field(
        "policy",
        "Cancellation policy",
        "paragraph",
        hint="Clients accept it, word by word, before they book.",
    ),
    PublicTextKind.CONTACT_CONSENT: Field(
        "consent", "Consent to be contacted", "paragraph", hint="Beside the box that visitors may tick."
    ),
}
PLACE = (
    Field("booking_open", "Clients may book", "check", required=False),
    Field("enquiries_open", "Visitors may leave an enquiry", "check", required=False),
    Field("hold_minutes", "A chosen time is kept for (minutes)", "number", start=str(place.HOLD_MINUTES)),
    Field("days_ahead", "Times are offered for (days ahead)", "number", start=str(place.DAYS_AHEAD)),
    *TEXTS.values(),
)
OFFER = (
    Field("offered", "Offered online", "check", required=False),
    Field("card_on_file", "Asks for a card on file", "check", required=False),
    Field("needs_approval", "Somebody approves each booking", "check", required=False),
)


@pages.get("/setup/locations/{location_id}/online")
def show_place(request: Request, unit: Manager, location_id: uuid.UUID) -> Response:
    return _place(request, unit, location_id, None, {})


@pages.post("/setup/locations/{location_id}/online")
def open_place(request: Request, unit: Manager, location_id: uuid.UUID, sent: Sent) -> Response:
    """A text that was changed becomes a new version; who agreed to the one before agreed to that."""
    values, wrong = forms.read(PLACE, sent, "")

    def act() -> None:
        told = {field.name: values.pop(field.name) for field in TEXTS.values()}
        body = OnlineSettings(**values)
        setup.set_location(unit.session, unit.actor, location_id, body.model_dump())
        now = _texts(unit.session, location_id)
        for kind, field in TEXTS.items():
            text = TextIn(kind=kind, body=told[field.name]).body
            if text != now.get(kind):
                setup.publish_text(unit.session, unit.actor, location_id, kind, text)

    wrong = wrong or attempt(unit.session, act, [one.name for one in PLACE])
    if wrong:
        return _place(request, unit, location_id, forms.typed(PLACE, sent), wrong)
    return redirect(f"/setup/locations/{location_id}", request, "Saved.")


@pages.get("/setup/services/{service_id}/online")
def show_offer(request: Request, unit: Cataloguer, service_id: uuid.UUID) -> Response:
    return _offer(request, unit, service_id, None, {})


@pages.post("/setup/services/{service_id}/online")
def set_offer(request: Request, unit: Cataloguer, service_id: uuid.UUID, sent: Sent) -> Response:
    values, wrong = forms.read(OFFER, sent, "")

    def act() -> None:
        setup.set_service(unit.session, unit.actor, service_id, OnlineOffer(**values).model_dump())

    wrong = wrong or attempt(unit.session, act, values)
    if wrong:
        return _offer(request, unit, service_id, forms.typed(OFFER, sent), wrong)
    return redirect(f"/setup/services/{service_id}", request, "Saved.")


def _texts(session: Session, location_id: uuid.UUID) -> dict[PublicTextKind, str]:
    """The texts that count now."""
    rows = session.scalars(
        select(PublicText).where(PublicText.location_id == location_id).order_by(PublicText.number)
    )
    return {PublicTextKind(one.kind): one.body for one in rows}


def _place(
    request: Request,
    unit: Unit,
    location_id: uuid.UUID,
    sent: Mapping[str, Any] | None,
    wrong: Mapping[str, str],
) -> Response:
    session = unit.session
    location = get_row(session, Location, location_id)
    row = session.scalar(select(OnlineLocation).where(OnlineLocation.location_id == location_id))
    kept = forms.blank(PLACE)
    if row is not None:
        kept |= forms.written(PLACE, {one.name: getattr(row, one.name, None) for one in PLACE}, "")
    kept |= {TEXTS[kind].name: body for kind, body in _texts(session, location_id).items()}
    address = f"/book/{get_organization(session).slug}/{location.code}"
    return _small(
        request, unit, wrong, PLACE, sent or kept, f"Online booking at {location.name}",
        f"The page for clients is {unit.settings.public_url}{address}.",
        (f"/setup/locations/{location_id}", location.name),
    )  # fmt: skip


def _offer(
    request: Request,
    unit: Unit,
    service_id: uuid.UUID,
    sent: Mapping[str, Any] | None,
    wrong: Mapping[str, str],
) -> Response:
    service = get_row(unit.session, Service, service_id)
    row = unit.session.scalar(select(OnlineService).where(OnlineService.service_id == service_id))
    kept = forms.blank(OFFER)
    if row is not None:
        kept = forms.written(OFFER, {one.name: getattr(row, one.name) for one in OFFER}, "")
    return _small(
        request, unit, wrong, OFFER, sent or kept, f"{service.name} online",
        "Offered at every location whose page is open. Its deposit is the service's own.",
        (f"/setup/services/{service_id}", service.name),
    )  # fmt: skip


def _small(
    request: Request,
    unit: Unit,
    wrong: Mapping[str, str],
    fields: tuple[Field, ...],
    values: Mapping[str, Any],
    title: str,
    lead: str,
    back: tuple[str, str],
) -> Response:
    return page(
        AREA, "small.html", request, unit, 422 if wrong else 200, title_=title, lead=lead, table=(),
        columns=(), back=back, fields=fields, values=values, wrong=wrong, if_match="", does="Save",
    )  # fmt: skip
