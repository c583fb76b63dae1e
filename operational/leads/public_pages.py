"""The form with which somebody who is not signed in asks the practice to get in touch."""

from __future__ import annotations

from typing import Annotated

from fastapi import Form, Query, Request, Response
from pydantic import BaseModel, ConfigDict, ValidationError

from medspa.kernel.vocabulary import LeadSource, PublicTextKind, TaskKind
from operational.clients.schemas import Email, Name, Phone
from operational.identity.dependencies import Slot, services_of
from operational.identity.forms import Field
from operational.leads import service
from operational.leads.tasks import add_task
from operational.online import details, guard, place
from operational.online.errors import NotOffered, NotYours
from operational.online.shown import public, public_page, public_router
from operational.text import Paragraph

pages = public_router()
LONGEST = 2_000
PLACED = (LeadSource.REFERRAL, LeadSource.SOCIAL, LeadSource.EVENT)
"""Where a practice may place links of their own to the form: `?from=social`."""


class Enquiry(BaseModel):
    """What the form sends."""

    model_config = ConfigDict(frozen=True)

    first_name: Name
    last_name: Name
    phone: Phone | None = None
    email: Email | None = None
    message: Paragraph | None = None


@pages.get("/enquire/{slug}/{code}")
@public
def show(
    request: Request,
    slug: str,
    code: str,
    _slot: Slot,
    embed: bool = False,
    placed: Annotated[str, Query(alias="from")] = "",
) -> Response:
    return _form(request, _open(request, slug, code), embed, placed=placed)


@pages.post("/enquire/{slug}/{code}")
@public
def take(
    request: Request,
    slug: str,
    code: str,
    _slot: Slot,
    first_name: Field = "",
    last_name: Field = "",
    phone: Field = "",
    email: Field = "",
    message: Field = "",
    contact: Annotated[bool, Form()] = False,
    embed: Annotated[bool, Form()] = False,
    stamp: Field = "",
    placed: Field = "",
    website: Field = "",
) -> Response:
    """The same answer for whoever asks: nobody learns who is a client or asked before."""
    guard.check_trap(website)
    guard.count(request, "enquiry", guard.FREE_FORMS)
    at = _open(request, slug, code)
    typed = {
        "first_name": first_name, "last_name": last_name, "phone": phone, "email": email, "message": message,
    }  # fmt: skip
    try:
        sent = Enquiry.model_validate({name: value.strip() or None for name, value in typed.items()})
        wrong = {} if len(message) <= LONGEST else {"message": details.WORDS["message"]}
        if sent.phone is None and sent.email is None:
            wrong["phone"] = "Enter a mobile number or an e-mail address."
    except ValidationError as error:
        wrong = details.wrong_in(error)
    if wrong:
        return _form(request, at, embed, 422, typed=typed, wrong=wrong, contact=contact, placed=placed)
    services = services_of(request)
    actor = place.visitor(at.org_id, at.location_id)
    with place.visiting(services.engine, actor) as desk, desk.transaction() as session:
        consent = place.current_text(session, at.location_id, PublicTextKind.CONTACT_CONSENT)
        if consent is not None and not contact:
            told = "We may only answer if you allow it."
            wrong = {"contact": told}
            return _form(request, at, embed, 422, typed=typed, wrong=wrong, contact=contact, placed=placed)
        try:
            guard.check_stamp(session, services.vault, stamp)
        except NotYours as error:
            return _form(
                request, at, embed, error.status, typed=typed, told=error.detail, contact=contact,
                placed=placed,
            )  # fmt: skip
        given = service.Contact.model_validate(sent.model_dump())
        consent_id = consent.id if consent is not None else None
        lead = service.receive(
            session, desk.actor, services.vault, at.location_id, _source(placed), given, consent_id
        )
        add_task(session, desk.actor, TaskKind.FOLLOW_UP, at.location_id, lead_id=lead.id)
    return public_page(request, "thanks.html", at, embedded=embed)


def _source(placed: str) -> LeadSource:
    """Where the link to the form was found; anything else is the practice's own site."""
    return next((one for one in PLACED if one.value == placed), LeadSource.WEB_FORM)


def _open(request: Request, slug: str, code: str) -> place.Place:
    at = place.find(services_of(request).engine, slug, code)
    if not at.enquiries_open:
        raise NotOffered
    return at


def _form(
    request: Request,
    at: place.Place,
    embed: bool,
    status: int = 200,
    *,
    typed: dict[str, str] | None = None,
    wrong: dict[str, str] | None = None,
    told: str = "",
    contact: bool = False,
    placed: str = "",
) -> Response:
    services = services_of(request)
    with place.reading(services.engine, at) as session:
        consent = place.current_text(session, at.location_id, PublicTextKind.CONTACT_CONSENT)
        stamp = guard.stamp(session, services.vault)
    blank = dict.fromkeys(Enquiry.model_fields, "")
    return public_page(
        request, "enquire.html", at, status, embedded=embed, typed={**blank, **(typed or {})},
        wrong=wrong or {}, told=told, contact=contact, consent=consent, stamp=stamp,
        placed=_source(placed).value,
    )  # fmt: skip
