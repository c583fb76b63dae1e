"""What a location shows to people who are not signed in, and the bookings that they have under way."""

from __future__ import annotations

import uuid

from sqlalchemy import ARRAY, CheckConstraint, Index, LargeBinary, UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped

from medspa.kernel.phi import Phi
from medspa.kernel.vocabulary import OnlineState, PublicTextKind
from operational.models.base import (
    Base,
    DirectText,
    Instant,
    KeyId,
    Minor,
    PlainRow,
    SafeBool,
    SafeId,
    SafeInt,
    SafeText,
    SecretText,
    TokenRow,
    Versioned,
    tagged,
    tenant_fk,
    word,
)


class OnlineLocation(PlainRow, Versioned, Base):
    """How a location lets people book for themselves. Without a row it does not."""

    __tablename__ = "online_location"
    __extracted__ = False

    location_id: Mapped[SafeId]
    booking_open: Mapped[SafeBool]
    enquiries_open: Mapped[SafeBool]
    waitlist_open: Mapped[SafeBool]
    """Whoever finds no time joins the waitlist by themselves."""
    hold_minutes: Mapped[SafeInt]
    days_ahead: Mapped[SafeInt]
    """How far ahead times are offered."""
    most_upcoming: Mapped[SafeInt]
    """Visits to come that one phone number or e-mail address may have booked online here."""
    fees_to_card_since: Mapped[Instant | None]
    """From when on what a late cancellation or a no-show costs is charged to the card kept for the visit."""
    address: Mapped[SafeText | None]
    """Where people come to, in lines as on an envelope."""

    __table_args__ = (
        tenant_fk("location", "location_id"),
        UniqueConstraint("org_id", "location_id"),
        CheckConstraint("hold_minutes between 3 and 20", name="hold_minutes"),
        CheckConstraint("days_ahead between 1 and 365", name="days_ahead"),
        CheckConstraint("most_upcoming between 1 and 50", name="most_upcoming"),
        CheckConstraint("length(address) between 1 and 300", name="address"),
    )

    @property
    def fees_to_card(self) -> bool:
        return self.fees_to_card_since is not None


class OnlineService(PlainRow, Versioned, Base):
    """A service that is offered to people who book for themselves, and what it asks of them."""

    __tablename__ = "online_service"
    __extracted__ = False

    service_id: Mapped[SafeId]
    offered: Mapped[SafeBool]
    card_on_file: Mapped[SafeBool]
    """Also without a deposit a card is kept, for what the cancellation policy says."""
    needs_approval: Mapped[SafeBool]

    __table_args__ = (tenant_fk("service", "service_id"), UniqueConstraint("org_id", "service_id"))


class OnlineOrigin(PlainRow, Base):
    """A web site of the organization that may show our public pages inside its own."""

    __tablename__ = "online_origin"
    __extracted__ = False

    origin: Mapped[SafeText]

    __table_args__ = (
        tenant_fk("organization", "org_id"),
        UniqueConstraint("org_id", "origin"),
        CheckConstraint("origin ~ '^https?://[a-z0-9.-]+(:[0-9]{1,5})?$'", name="origin"),
    )


class PublicText(PlainRow, Base):
    """A version of what visitors agree to. Never changed: a new text is a new version."""

    __tablename__ = "public_text"
    __extracted__ = False
    __append_only__ = True

    location_id: Mapped[SafeId]
    kind: Mapped[PublicTextKind] = word(PublicTextKind)
    number: Mapped[SafeInt]
    body: Mapped[SafeText]
    sha256: Mapped[SafeText]

    __table_args__ = (
        tenant_fk("location", "location_id"),
        UniqueConstraint("org_id", "location_id", "kind", "number"),
        CheckConstraint("sha256 = encode(sha256(convert_to(body, 'UTF8')), 'hex')", name="sha256"),
    )


class OnlineBooking(TokenRow, Versioned, Base):
    """A booking that somebody makes for themselves, from the time they chose to what became of it.

    Known to them by a link (purpose `booking_completion`).
    """

    __tablename__ = "online_booking"
    __extracted__ = False

    location_id: Mapped[SafeId]
    state: Mapped[OnlineState] = word(OnlineState)
    embedded: Mapped[SafeBool]
    service_ids: Mapped[list[uuid.UUID]] = tagged(ARRAY(Uuid), Phi.SAFE)
    provider_id: Mapped[SafeId | None]
    """Whom they asked for; None: anybody."""
    starts_at: Mapped[Instant]
    hold_id: Mapped[KeyId | None]
    details: Mapped[bytes | None] = tagged(LargeBinary, Phi.FREE_TEXT)
    """Who they are, sealed under the organization's key; blanked once booked or given up."""
    details_at: Mapped[Instant | None]
    contact_text_id: Mapped[SafeId | None]
    """The words with which they asked to be contacted; None: they did not."""
    deposit_minor: Mapped[Minor]
    keeps_card: Mapped[SafeBool]
    card_page: Mapped[SecretText | None]
    """The processor's name of the page on which the card was given."""
    card_id: Mapped[KeyId | None]
    """The card that is kept for the visit."""
    declines: Mapped[SafeInt]
    client_id: Mapped[KeyId | None]
    appointment_id: Mapped[KeyId | None]
    payment_id: Mapped[KeyId | None]
    matched_at: Mapped[Instant | None]
    """When records of the same person were looked for; afterwards, so that nobody learns of them."""

    __table_args__ = (
        tenant_fk("location", "location_id"),
        tenant_fk("hold", "hold_id"),
        tenant_fk("public_text", "contact_text_id"),
        tenant_fk("client", "client_id"),
        tenant_fk("appointment", "appointment_id"),
        tenant_fk("payment", "payment_id"),
        tenant_fk("client_card", "card_id"),
        UniqueConstraint("org_id", "appointment_id"),
        UniqueConstraint("org_id", "hold_id"),
        CheckConstraint(
            "(state in ('pending', 'requested', 'booked')) <= (appointment_id is not null)", name="booked"
        ),
        CheckConstraint(
            "(keeps_card and state in ('pending', 'requested', 'booked')) <= (card_id is not null)",
            name="card_kept",
        ),
        CheckConstraint("(details is null) or (details_at is not null)", name="details"),
        CheckConstraint("deposit_minor >= 0 and declines >= 0", name="amounts"),
        Index("ix_online_booking_state", "org_id", "state", "created_at"),
    )


class PolicyAcceptance(TokenRow, Base):
    """That a cancellation policy was accepted: which text, when, and from where. Evidence, never changed."""

    __tablename__ = "policy_acceptance"
    __extracted__ = False
    __append_only__ = True

    online_booking_id: Mapped[KeyId | None]
    waitlist_entry_id: Mapped[KeyId | None]
    text_id: Mapped[SafeId]
    text_sha256: Mapped[SafeText]
    accepted_at: Mapped[Instant]
    address: Mapped[DirectText]
    user_agent: Mapped[DirectText]

    __table_args__ = (
        tenant_fk("online_booking", "online_booking_id"),
        tenant_fk("waitlist_entry", "waitlist_entry_id"),
        tenant_fk("public_text", "text_id"),
        CheckConstraint("num_nonnulls(online_booking_id, waitlist_entry_id) = 1", name="of_what"),
        Index("ix_policy_acceptance_booking", "org_id", "online_booking_id"),
    )


class ClientCard(TokenRow, Base):
    """A card that a client left with the processor; we hold its token and what it is called by."""

    __tablename__ = "client_card"
    __extracted__ = False

    client_id: Mapped[KeyId]
    merchant_account_id: Mapped[SafeId]
    token: Mapped[SecretText]
    brand: Mapped[SafeText]
    last_four: Mapped[DirectText]
    removed_at: Mapped[Instant | None]

    __table_args__ = (
        tenant_fk("client", "client_id"),
        tenant_fk("merchant_account", "merchant_account_id"),
        Index("ix_client_card_client", "org_id", "client_id"),
    )
