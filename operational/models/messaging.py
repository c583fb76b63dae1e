"""Messages to clients, their texts and rules, what people agreed to, and what they answered.

Nothing here is extracted: what a practice writes to its clients stays in the operational store.
"""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Index, Integer, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY, ExcludeConstraint
from sqlalchemy.orm import Mapped

from medspa.kernel.phi import Phi
from medspa.kernel.vocabulary import (
    AppointmentEvent,
    Channel,
    ContactUse,
    MessageKind,
    MessageStatus,
    ReplyMeaning,
)
from operational.models.base import (
    Base,
    CodeText,
    DirectText,
    Instant,
    KeyId,
    PlainRow,
    SafeBool,
    SafeId,
    SafeInt,
    SafeText,
    SafeWords,
    SealedText,
    SecretText,
    TokenRow,
    Versioned,
    tagged,
    tenant_fk,
    word,
)


class LocationMessaging(PlainRow, Versioned, Base):
    """How a location writes to its clients. Without a row it writes nothing by itself."""

    __tablename__ = "location_messaging"
    __extracted__ = False
    __location_scoped__ = True

    location_id: Mapped[SafeId]
    automatic: Mapped[SafeWords]
    """Kinds that are written when a visit is booked, moved or cancelled, or its booking is left."""
    reminder_minutes: Mapped[list[int]] = tagged(ARRAY(Integer), Phi.SAFE)
    """How long before the start a reminder goes out; each one once."""
    confirmation_minutes: Mapped[list[int]] = tagged(ARRAY(Integer), Phi.SAFE)
    forms_minutes: Mapped[list[int]] = tagged(ARRAY(Integer), Phi.SAFE)
    quiet_from_minute: Mapped[SafeInt]
    """Local minutes of the day. Texts wait from here until `quiet_until_minute`; the same twice: never."""
    quiet_until_minute: Mapped[SafeInt]
    offer_minutes: Mapped[SafeInt]
    """How long somebody on the waitlist has to take an offered time."""
    call_number: Mapped[SafeText | None]
    """The number that clients are told to call."""
    sms_from: Mapped[SafeText | None]
    """The number that texts come from and are answered to."""
    email_from: Mapped[SafeText | None]

    __table_args__ = (
        tenant_fk("location", "location_id"),
        UniqueConstraint("org_id", "location_id"),
        CheckConstraint(
            "quiet_from_minute between 0 and 1439 and quiet_until_minute between 0 and 1439", name="quiet"
        ),
        CheckConstraint("offer_minutes between 5 and 1440", name="offer"),
        CheckConstraint("sms_from is null or sms_from ~ '^\\+[1-9][0-9]{6,14}$'", name="sms_from"),
        # A number belongs to one organization; several of its locations may share it.
        ExcludeConstraint(
            ("sms_from", "="), ("org_id", "<>"), using="gist", name="ex_location_messaging_sms_from"
        ),
    )


class MessageTemplate(PlainRow, Base):
    """A version of a text. Never changed: a new text is a new version, the highest one counts."""

    __tablename__ = "message_template"
    __extracted__ = False
    __append_only__ = True

    location_id: Mapped[SafeId | None]
    """None: of every location that has no text of its own."""
    kind: Mapped[MessageKind] = word(MessageKind)
    channel: Mapped[Channel] = word(Channel)
    number: Mapped[SafeInt]
    subject: Mapped[SafeText | None]
    body: Mapped[SafeText]
    written_by: Mapped[SafeId | None]

    __table_args__ = (
        tenant_fk("location", "location_id"),
        tenant_fk("staff_member", "written_by"),
        UniqueConstraint(
            "org_id", "location_id", "kind", "channel", "number",
            postgresql_nulls_not_distinct=True, name="uq_message_template_version",
        ),
        CheckConstraint("(channel = 'email') = (subject is not null)", name="subject"),
        CheckConstraint("length(body) between 1 and 4000", name="body"),
    )  # fmt: skip


class Message(TokenRow, Base):
    """One message to one person: scheduled, claimed, then sent, failed, cancelled or of unknown outcome.

    A claim is committed before the messenger is called, so that nothing is ever sent twice.
    """

    __tablename__ = "message"
    __extracted__ = False
    __location_scoped__ = True

    location_id: Mapped[SafeId]
    client_id: Mapped[KeyId | None]
    lead_id: Mapped[KeyId | None]
    appointment_id: Mapped[KeyId | None]
    about_start: Mapped[Instant | None]
    """The start of the visit that the message is about: moved meanwhile, it is not sent."""
    kind: Mapped[MessageKind] = word(MessageKind)
    channel: Mapped[Channel | None] = word(Channel, nullable=True)
    """None until it is claimed: whichever reaches the person."""
    status: Mapped[MessageStatus] = word(MessageStatus)
    dedupe: Mapped[SecretText]
    """What may be written once only, in the words of whoever queued it."""
    due_at: Mapped[Instant]
    drop_after: Mapped[Instant]
    """Later than this it would tell nothing any more."""
    attempts: Mapped[SafeInt]
    claimed_at: Mapped[Instant | None]
    sent_at: Mapped[Instant | None]
    delivered_at: Mapped[Instant | None]
    template_id: Mapped[SafeId | None]
    """The version that was sent; None: the text that comes with the product."""
    reference: Mapped[SecretText | None]
    """What the messenger calls it."""
    code: Mapped[CodeText | None]
    """Why it failed, was cancelled or did not arrive."""
    parts: Mapped[SealedText | None]
    """The link and the fields that whoever queued it gave, sealed."""
    body: Mapped[SealedText | None]
    """Where it went and what it said, sealed."""

    __table_args__ = (
        tenant_fk("location", "location_id"),
        tenant_fk("client", "client_id"),
        tenant_fk("appointment", "appointment_id"),
        tenant_fk("message_template", "template_id"),
        UniqueConstraint("org_id", "dedupe"),
        CheckConstraint("num_nonnulls(client_id, lead_id) = 1", name="recipient"),
        Index("ix_message_client", "org_id", "client_id", "created_at"),
        Index("ix_message_appointment", "org_id", "appointment_id"),
        Index("ix_message_due", "due_at", postgresql_where=text("status = 'scheduled'")),
        Index(
            "ix_message_open", "org_id", "claimed_at",
            postgresql_where=text("status in ('claimed', 'unknown')"),
        ),
    )  # fmt: skip


class ContactConsent(TokenRow, Base):
    """What a client agreed to or refused, per channel and use. The newest row counts."""

    __tablename__ = "contact_consent"
    __extracted__ = False
    __append_only__ = True

    client_id: Mapped[KeyId]
    channel: Mapped[Channel] = word(Channel)
    use: Mapped[ContactUse] = word(ContactUse)
    granted: Mapped[SafeBool]
    source: Mapped[CodeText]
    """Where it was given: `desk`, `online`, `reply`, `form`, `import`."""
    staff_id: Mapped[SafeId | None]

    __table_args__ = (
        tenant_fk("client", "client_id"),
        tenant_fk("staff_member", "staff_id"),
        Index("ix_contact_consent_client", "org_id", "client_id", "channel", "use", "created_at"),
    )


class ContactBlock(TokenRow, Base):
    """An address that asked not to be written to, whoever it belongs to: a digest of it."""

    __tablename__ = "contact_block"
    __extracted__ = False

    channel: Mapped[Channel] = word(Channel)
    address_digest: Mapped[SecretText]
    blocked: Mapped[SafeBool]
    reason: Mapped[CodeText]

    __table_args__ = (UniqueConstraint("org_id", "channel", "address_digest"),)


class IncomingMessage(TokenRow, Base):
    """A text that somebody sent to a number of a location."""

    __tablename__ = "incoming_message"
    __extracted__ = False

    location_id: Mapped[SafeId | None]
    client_id: Mapped[KeyId | None]
    appointment_id: Mapped[KeyId | None]
    """The visit that it confirmed."""
    meaning: Mapped[ReplyMeaning] = word(ReplyMeaning)
    reference: Mapped[SecretText]
    sender: Mapped[DirectText | None] = tagged(Text, Phi.DIRECT)
    """Kept where no client has the number."""
    body: Mapped[SealedText]
    """Under the client's key, or the organization's where no client has the number."""

    __table_args__ = (
        tenant_fk("location", "location_id"),
        tenant_fk("client", "client_id"),
        tenant_fk("appointment", "appointment_id"),
        UniqueConstraint("org_id", "reference"),
        Index("ix_incoming_message_client", "org_id", "client_id", "created_at"),
    )


class AppointmentNotice(TokenRow, Base):
    """An event of a visit that messaging has not looked at yet; written by a trigger, gone when it has."""

    __tablename__ = "appointment_notice"
    __extracted__ = False

    appointment_id: Mapped[KeyId]
    location_id: Mapped[SafeId]
    history_id: Mapped[KeyId]
    event: Mapped[AppointmentEvent] = word(AppointmentEvent)
    scheduled_start: Mapped[Instant]

    __table_args__ = (
        tenant_fk("appointment", "appointment_id"),
        tenant_fk("location", "location_id"),
        tenant_fk("appointment_history", "history_id"),
    )
