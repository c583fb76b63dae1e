"""Pages of messages: what a client was sent and allows, what came back, the texts and when they go out.

Everything shown is rendered as the API's answers are; every form ends in the service the API calls.
"""

from __future__ import annotations

import re
import uuid
from typing import Annotated, Any

from fastapi import Depends, Form, Request, Response

from medspa.kernel.errors import Invalid, NotFound
from medspa.kernel.vocabulary import (
    Channel,
    ContactUse,
    MessageKind,
    MessageStatus,
    Permission,
    Purpose,
)
from operational.identity.dependencies import needs
from operational.identity.unit import Unit
from operational.messaging import reading, rules, templates
from operational.messaging.fields import ALLOWED, FIELDS
from operational.messaging.message_schemas import (
    AUTOMATIC,
    ConsentOut,
    MessageOut,
    MessagingRules,
    ReplyOut,
    TemplateIn,
)
from operational.messaging.naming import NamesTreatment
from operational.models import Location, LocationMessaging
from operational.names import client_name, client_names, local_times
from operational.pages import chosen_place, page, page_router, redirect
from operational.paging import Cursor
from operational.privacy.schemas import render_many

AREA = "operational.messaging"
MESSAGES, TEXTS, RULES = "/messages", "/messages/texts", "/messages/rules"
SHOWN = 50
pages = page_router()
Reader = Annotated[Unit, Depends(needs(Permission.CLIENT_READ, phi=Purpose.OPERATIONS), scope="function")]
Writer = Annotated[Unit, Depends(needs(Permission.CLIENT_WRITE, phi=Purpose.OPERATIONS), scope="function")]
Booker = Annotated[Unit, Depends(needs(Permission.BOOKING_WRITE, phi=Purpose.OPERATIONS), scope="function")]
Manager = Annotated[Unit, Depends(needs(Permission.ORGANIZATION_MANAGE), scope="function")]
Text = Annotated[str, Form(max_length=4_000)]
_UNITS = {"d": 1440, "h": 60, "m": 1}
NAMED = {
    "call_number": "Number to call", "sms_from": "Texts come from", "email_from": "E-mail comes from",
    "offer_minutes": "Minutes to take an offered time",
}  # fmt: skip
"""Fields of the rules → what the form calls them."""


@pages.get("/clients/{client_id}/messages")
def show_client_messages(
    request: Request, client_id: uuid.UUID, unit: Reader, cursor: Cursor = None
) -> Response:
    session, actor = unit.session, unit.actor
    found, after = reading.to_client(session, actor, client_id, SHOWN, cursor)
    place = chosen_place(request, unit)
    return page(
        AREA, "client_messages.html", request, unit,
        client_id=client_id, name=client_name(session, actor, client_id, place.id if place else None),
        found=render_many(session, actor, "messaging.client", MessageOut, found), after=after,
        local=local_times(session),
        consents=render_many(
            session, actor, "messaging.consents", ConsentOut, rules.consents(session, client_id)
        ),
        may_write=actor.may(Permission.CLIENT_WRITE),
    )  # fmt: skip


@pages.post("/clients/{client_id}/contact-consents")
def note_consent(
    client_id: uuid.UUID,
    unit: Writer,
    channel: Annotated[Channel, Form()],
    use: Annotated[ContactUse, Form()],
    granted: Text = "",
) -> Response:
    rules.note_consent(unit.session, unit.actor, client_id, channel, use, granted == "yes", "desk")
    return redirect(f"/clients/{client_id}/messages")


@pages.get(MESSAGES)
def show_messages(
    request: Request, unit: Reader, cursor: Cursor = None, unknown_from: Cursor = None
) -> Response:
    """What clients wrote, and messages that nobody knows the outcome of."""
    session, actor = unit.session, unit.actor
    written, after = reading.replies(session, actor, SHOWN, cursor)
    unknown, after_unknown = reading.with_status(session, actor, MessageStatus.UNKNOWN, SHOWN, unknown_from)
    replies = render_many(session, actor, "messaging.replies", ReplyOut, written)
    open_ones = render_many(session, actor, "messaging.status", MessageOut, unknown)
    asked = [(one.client_id, one.location_id) for one in replies]
    asked += [(one.client_id, one.location_id) for one in open_ones]
    return page(
        AREA, "messages.html", request, unit,
        replies=replies, unknown=open_ones,
        names=client_names(session, actor, asked), local=local_times(session),
        after=after, after_unknown=after_unknown,
        may_settle=actor.may(Permission.BOOKING_WRITE),
    )  # fmt: skip


@pages.post(MESSAGES + "/{message_id}/settle")
def settle(unit: Booker, message_id: uuid.UUID, arrived: Text = "") -> Response:
    reading.settle(unit.session, unit.actor, message_id, arrived == "yes")
    return redirect(MESSAGES)


@pages.get(TEXTS)
def show_texts(request: Request, unit: Manager) -> Response:
    place = _place(request, unit)
    found = templates.texts_at(unit.session, place.id)
    return page(AREA, "texts.html", request, unit, place=place.name, found=found)


@pages.get(TEXTS + "/{kind}/{channel}")
def edit_text(request: Request, unit: Manager, kind: MessageKind, channel: Channel) -> Response:
    return _form(request, unit, kind, channel)


@pages.post(TEXTS + "/{kind}/{channel}")
def write_text(
    request: Request,
    unit: Manager,
    kind: MessageKind,
    channel: Channel,
    text: Text,
    subject: Text = "",
    everywhere: Text = "",
) -> Response:
    """A text that is refused comes back with what is wrong about it."""
    place = _place(request, unit)
    try:
        sent = TemplateIn(
            kind=kind, channel=channel, location_id=None if everywhere else place.id,
            subject=subject or None, text=text,
        )  # fmt: skip
        templates.write_template(
            unit.session, unit.actor, kind, channel, sent.location_id, sent.subject, sent.text
        )
    except (Invalid, NamesTreatment, ValueError) as error:
        wrong = str(getattr(error, "detail", None) or "Write a text.").removeprefix("body: ")
        return _form(request, unit, kind, channel, status=422, text=text, subject=subject, wrong=wrong)
    return redirect(TEXTS)


@pages.get(RULES)
def show_rules(request: Request, unit: Manager) -> Response:
    return _rules(request, unit)


@pages.post(RULES)
def set_rules(
    request: Request,
    unit: Manager,
    automatic: Annotated[list[MessageKind], Form(default_factory=list)],
    etag: Text = "",
    reminders: Text = "",
    confirmations: Text = "",
    forms: Text = "",
    quiet_from: Text = "21:00",
    quiet_until: Text = "08:00",
    offer_minutes: Annotated[int, Form()] = 30,
    call_number: Text = "",
    sms_from: Text = "",
    email_from: Text = "",
) -> Response:
    place = _place(request, unit)
    typed = {
        "reminders": reminders, "confirmations": confirmations, "forms": forms, "quiet_from": quiet_from,
        "quiet_until": quiet_until, "offer_minutes": offer_minutes, "call_number": call_number,
        "sms_from": sms_from, "email_from": email_from, "automatic": [one.value for one in automatic],
    }  # fmt: skip
    try:
        sent = MessagingRules(
            automatic=automatic, reminder_minutes=_offsets(reminders),
            confirmation_minutes=_offsets(confirmations), forms_minutes=_offsets(forms),
            quiet_from_minute=_minute(quiet_from), quiet_until_minute=_minute(quiet_until),
            offer_minutes=offer_minutes, call_number=call_number or None, sms_from=sms_from or None,
            email_from=email_from or None,
        )  # fmt: skip
    except ValueError as error:
        return _rules(request, unit, status=422, wrong=_first(error), typed=typed)
    rules.set_rules(unit.session, unit.actor, place.id, etag or None, sent.model_dump())
    return redirect(RULES)


def _form(
    request: Request, unit: Unit, kind: MessageKind, channel: Channel, status: int = 200, **typed: Any
) -> Response:
    place = _place(request, unit)
    chosen = templates.text_for(unit.session, place.id, kind, channel)
    if chosen is None:
        raise NotFound("This kind of message travels as a text only.")
    shown = {"text": chosen.wording.body, "subject": chosen.wording.subject or "", "wrong": None, **typed}
    fields = {name: FIELDS[name] for name in sorted(ALLOWED[kind])}
    return page(
        AREA, "text.html", request, unit, status,
        place=place.name, kind=kind, channel=channel, fields=fields, longest=templates.LONGEST_SMS,
        number=chosen.number, **shown,
    )  # fmt: skip


def _rules(
    request: Request,
    unit: Unit,
    status: int = 200,
    wrong: str | None = None,
    typed: dict[str, Any] | None = None,
) -> Response:
    """What counts at a location; what was typed and is refused stays in the form."""
    place = _place(request, unit)
    row = rules.rules_of(unit.session, place.id)
    return page(
        AREA, "rules.html", request, unit, status,
        place=place.name, rules=row, kinds=AUTOMATIC, wrong=wrong, shown=typed or _shown_rules(row),
    )  # fmt: skip


def _shown_rules(row: LocationMessaging | None) -> dict[str, Any]:
    if row is None:
        blank = dict.fromkeys(
            ("reminders", "confirmations", "forms", "call_number", "sms_from", "email_from")
        )
        return {
            **blank, "quiet_from": "21:00", "quiet_until": "08:00", "offer_minutes": 30, "automatic": [],
        }  # fmt: skip
    return {
        "reminders": _said(row.reminder_minutes), "confirmations": _said(row.confirmation_minutes),
        "forms": _said(row.forms_minutes), "quiet_from": _clock(row.quiet_from_minute),
        "quiet_until": _clock(row.quiet_until_minute), "offer_minutes": row.offer_minutes,
        "call_number": row.call_number, "sms_from": row.sms_from, "email_from": row.email_from,
        "automatic": row.automatic,
    }  # fmt: skip


def _place(request: Request, unit: Unit) -> Location:
    place = chosen_place(request, unit)
    if place is None:
        raise NotFound("There is no location yet.")
    return place


def _offsets(typed: str) -> list[int]:
    """Minutes of "3 d, 1 d, 2 h". Raises ValueError for anything else."""
    parts = [one.strip().lower() for one in typed.split(",") if one.strip()]
    found = [re.fullmatch(r"(\d{1,4}) ?([dhm])[a-z]*", one) for one in parts]
    if not all(found):
        raise ValueError("Write times ahead such as 3 d, 1 d, 2 h.")
    return [int(one[1]) * _UNITS[one[2]] for one in found if one]


def _said(minutes: list[int]) -> str:
    """The same, to be shown."""
    return ", ".join(
        next(f"{one // size} {name}" for name, size in _UNITS.items() if one % size == 0) for one in minutes
    )


def _minute(typed: str) -> int:
    found = re.fullmatch(r"([01]?\d|2[0-3]):([0-5]\d)", typed.strip())
    if found is None:
        raise ValueError("Write a time of the day such as 21:00.")
    return int(found[1]) * 60 + int(found[2])


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"


def _first(error: ValueError) -> str:
    """What is wrong and where, in the words of the first check that says so."""
    told = getattr(error, "errors", None)
    if not callable(told):
        return str(error)
    first = told()[0]
    field = NAMED.get(first["loc"][0]) if first["loc"] else None
    said = str(first["msg"]).removeprefix("Value error, ")
    return f"{field}: {said}" if field else said
