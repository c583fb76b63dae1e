"""Set-up of the public pages over HTTP, and the practice's word on bookings to approve."""

from __future__ import annotations

import uuid
from typing import Annotated

from fastapi import Depends
from pydantic import Field
from sqlalchemy import select

from medspa.kernel.vocabulary import OnlineState, Permission, PublicTextKind, Purpose
from operational.identity.dependencies import needs, signed_in
from operational.identity.unit import Unit
from operational.models import (
    Location,
    OnlineBooking,
    OnlineLocation,
    OnlineService,
    PublicText,
)
from operational.online import place, setup
from operational.paging import Cursor, Limit, Page, by_id
from operational.privacy.schemas import PhiSchema, render, render_many
from operational.routing import AreaRouter
from operational.rows import get_row
from operational.schemas import Sent, Shown
from operational.text import Paragraph

router = AreaRouter(prefix="/v1", tags=["online booking"])
Reader = Annotated[Unit, Depends(signed_in(), scope="function")]
Owner = Annotated[Unit, Depends(needs(Permission.ORGANIZATION_MANAGE), scope="function")]
Catalogue = Annotated[Unit, Depends(needs(Permission.CATALOGUE_MANAGE), scope="function")]
Desk = Annotated[Unit, Depends(needs(Permission.BOOKING_READ, phi=Purpose.OPERATIONS), scope="function")]
Writer = Annotated[Unit, Depends(needs(Permission.BOOKING_WRITE, phi=Purpose.OPERATIONS), scope="function")]
Origin = Annotated[
    str, Field(pattern=r"^https?://[a-z0-9.-]+(:[0-9]{1,5})?$", examples=["https://practice.example"])
]


class OnlineSettings(Sent):
    booking_open: bool
    enquiries_open: bool
    waitlist_open: bool = Field(True, description="Whoever finds no time joins the waitlist by themselves.")
    hold_minutes: int = Field(10, ge=3, le=20, description="How long a chosen time is kept.")
    days_ahead: int = Field(60, ge=1, le=365, description="How far ahead times are offered.")
    most_upcoming: int = Field(
        place.MOST_UPCOMING, ge=1, le=50,
        description="Visits to come by one phone number or e-mail address that are booked online here without"
        " a task for the desk to look at them.",
    )  # fmt: skip
    fees_to_card: bool = Field(
        False,
        description="Charge what a late cancellation or a no-show costs to the card kept for the visit.",
    )
    address: Annotated[Paragraph, Field(max_length=300)] | None = Field(
        None, description="Where people come to, as public pages show it."
    )


class OnlineSettingsOut(Shown):
    location_id: uuid.UUID
    booking_open: bool
    enquiries_open: bool
    waitlist_open: bool
    hold_minutes: int
    days_ahead: int
    most_upcoming: int
    fees_to_card: bool
    address: str | None


class OnlineOffer(Sent):
    offered: bool
    card_on_file: bool = False
    needs_approval: bool = False


class OnlineOfferOut(Shown):
    service_id: uuid.UUID
    offered: bool
    card_on_file: bool
    needs_approval: bool


class Origins(Sent):
    origins: list[Origin] = Field(max_length=50)


class TextIn(Sent):
    kind: PublicTextKind
    body: Annotated[Paragraph, Field(max_length=5_000)]


class TextOut(Shown):
    id: uuid.UUID
    location_id: uuid.UUID
    kind: PublicTextKind
    number: int
    body: str
    sha256: str


class OnlineBookingOut(PhiSchema):
    """A booking that a client made or is making."""

    id: uuid.UUID
    location_id: uuid.UUID
    state: OnlineState
    client_id: uuid.UUID | None
    appointment_id: uuid.UUID | None
    payment_id: uuid.UUID | None
    deposit_minor: int


@router.get("/locations/{location_id}/online")
def show_settings(unit: Reader, location_id: uuid.UUID) -> OnlineSettingsOut:
    """What the public pages of a location are open for."""
    get_row(unit.session, Location, location_id)
    row = unit.session.scalar(select(OnlineLocation).where(OnlineLocation.location_id == location_id))
    if row is not None:
        return OnlineSettingsOut.model_validate(row)
    return OnlineSettingsOut(
        location_id=location_id, booking_open=False, enquiries_open=False, waitlist_open=True,
        hold_minutes=place.HOLD_MINUTES, days_ahead=place.DAYS_AHEAD, most_upcoming=place.MOST_UPCOMING,
        fees_to_card=False, address=None,
    )  # fmt: skip


@router.put("/locations/{location_id}/online")
def set_settings(unit: Owner, location_id: uuid.UUID, body: OnlineSettings) -> OnlineSettingsOut:
    row = setup.set_location(unit.session, unit.actor, location_id, body.model_dump())
    return OnlineSettingsOut.model_validate(row)


@router.get("/online-services")
def list_offers(unit: Reader, limit: Limit = 50, cursor: Cursor = None) -> Page[OnlineOfferOut]:
    """What is said about services online. One without an entry is not offered."""
    rows, following = by_id(unit.session, select(OnlineService), OnlineService.id, limit, cursor)
    return Page(items=[OnlineOfferOut.model_validate(one) for one in rows], next_cursor=following)


@router.put("/online-services/{service_id}")
def set_offer(unit: Catalogue, service_id: uuid.UUID, body: OnlineOffer) -> OnlineOfferOut:
    """Offer a service online. Its deposit is the service's own (`deposit_minor`)."""
    return OnlineOfferOut.model_validate(
        setup.set_service(unit.session, unit.actor, service_id, body.model_dump())
    )


@router.get("/online-origins")
def list_origins(unit: Owner) -> Origins:
    """Web sites that may show the public pages inside their own."""
    return Origins(origins=place.origins(unit.session))


@router.put("/online-origins")
def set_origins(unit: Owner, body: Origins) -> Origins:
    return Origins(origins=setup.set_origins(unit.session, unit.actor, body.origins))


@router.get("/locations/{location_id}/public-texts")
def list_texts(
    unit: Reader, location_id: uuid.UUID, limit: Limit = 50, cursor: Cursor = None
) -> Page[TextOut]:
    """Every version of what visitors of a location agree to."""
    get_row(unit.session, Location, location_id)
    asked = select(PublicText).where(PublicText.location_id == location_id)
    rows, following = by_id(unit.session, asked, PublicText.id, limit, cursor)
    return Page(items=[TextOut.model_validate(one) for one in rows], next_cursor=following)


@router.post("/locations/{location_id}/public-texts", status_code=201)
def publish_text(unit: Owner, location_id: uuid.UUID, body: TextIn) -> TextOut:
    """A new version of the cancellation policy or of the consent to be contacted."""
    row = setup.publish_text(unit.session, unit.actor, location_id, body.kind, body.body)
    return TextOut.model_validate(row)


@router.get("/online-bookings")
def list_bookings(
    unit: Desk,
    location_id: uuid.UUID,
    state: OnlineState | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[OnlineBookingOut]:
    """Bookings that clients made or are making themselves."""
    unit.actor.require(Permission.BOOKING_READ, location_id)
    asked = select(OnlineBooking).where(OnlineBooking.location_id == location_id)
    if state is not None:
        asked = asked.where(OnlineBooking.state == state)
    rows, following = by_id(unit.session, asked, OnlineBooking.id, limit, cursor)
    shown = render_many(unit.session, unit.actor, "online.bookings", OnlineBookingOut, rows)
    return Page(items=shown, next_cursor=following)


@router.post("/online-bookings/{online_booking_id}/approve")
def approve(unit: Writer, online_booking_id: uuid.UUID) -> OnlineBookingOut:
    return _shown(unit, setup.approve(unit.session, unit.actor, online_booking_id))


@router.post("/online-bookings/{online_booking_id}/decline")
def decline(unit: Writer, online_booking_id: uuid.UUID) -> OnlineBookingOut:
    """The visit is cancelled by the practice; a task says so when a deposit is to be returned."""
    return _shown(unit, setup.decline(unit.session, unit.actor, online_booking_id))


def _shown(unit: Unit, row: OnlineBooking) -> OnlineBookingOut:
    return render(unit.session, unit.actor, "online.booking", OnlineBookingOut, row)
