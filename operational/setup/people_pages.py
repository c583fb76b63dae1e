"""Pages of staff: who works here, with which roles where, their credentials, and the code to enrol with."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from fastapi import Depends, Request, Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from medspa.kernel.errors import Invalid
from medspa.kernel.vocabulary import Permission
from operational.etag import etag
from operational.identity import staff
from operational.identity.dependencies import needs
from operational.identity.schemas import StaffChange, StaffCreate
from operational.identity.staff import RoleAt
from operational.identity.unit import Unit
from operational.models import Credential, Location, Role, StaffMember, TreatmentCategory
from operational.organization.credentials import CredentialCreate, add_credential
from operational.pages import page, page_router, redirect
from operational.setup import fields as forms
from operational.setup.attempt import Sent, attempt, attempt_form
from operational.setup.fields import Field, Options
from operational.setup.kinds import AREA, named

pages = page_router()
Manager = Annotated[Unit, Depends(needs(Permission.STAFF_MANAGE), scope="function")]
EVERYWHERE = "everywhere"
PERSON = (
    Field("label", "Name", hint="How the calendar and reports call them."),
    Field("email", "E-mail address", "email", hint="They sign in with it.", once=True),
    Field("is_provider", "Performs services", "check", required=False),
    Field("active", "Works here", "check", required=False, start="on"),
)
CHANGING = [one for one in PERSON if not one.once]


def _places(session: Session) -> Options:
    return [(EVERYWHERE, "Every location"), *named(Location, Location.active)(session)]


ROLE = (
    Field("role_id", "Role", "choice", options=named(Role)),
    Field("location_id", "Where", "choice", options=_places, start=EVERYWHERE),
)
CREDENTIAL = (
    Field("category_id", "Treatment category", "many", options=named(TreatmentCategory), required=False),
    Field("location_id", "Location", "choice", options=named(Location, Location.active)),
    Field("licence_number", "Licence number", required=False, hint="Kept, and shown to nobody."),
    Field("valid_from", "Valid from", "date"),
    Field("valid_until", "No longer valid on", "date"),
)
NEW = (*PERSON[:3], *ROLE)


@pages.get("/setup/staff")
def show_staff(request: Request, unit: Manager) -> Response:
    rows = unit.session.scalars(
        select(StaffMember).order_by(StaffMember.active.desc(), StaffMember.label)
    ).all()
    held, words = staff.roles_of(unit.session, [one.id for one in rows]), _Words(unit.session)
    return page(AREA, "staff.html", request, unit, people=[(one, words.roles(held[one.id])) for one in rows])


@pages.get("/setup/staff/new")
def show_new(request: Request, unit: Manager) -> Response:
    return _new(request, unit, forms.blank(NEW), {})


@pages.post("/setup/staff")
def hire(request: Request, unit: Manager, sent: Sent) -> Response:
    """Answers with the enrolment code itself: it is shown this once and stands in no address."""
    made: list[tuple[StaffMember, str]] = []

    def act(values: dict[str, Any]) -> None:
        given = {name: values[name] for name in ("label", "email", "is_provider")}
        body = StaffCreate(**given, roles=[])
        roles = [_role(values)]
        made.append(
            staff.hire(
                unit.session,
                unit.actor,
                label=body.label,
                email=body.email,
                is_provider=body.is_provider,
                roles=roles,
            )
        )

    if wrong := attempt_form(unit.session, NEW, sent, act):
        return _new(request, unit, forms.typed(NEW, sent), wrong)
    return _code(request, unit, *made[0])


@pages.get("/setup/staff/{staff_id}")
def show_person(request: Request, unit: Manager, staff_id: uuid.UUID) -> Response:
    return _person(request, unit, staff_id)


@pages.post("/setup/staff/{staff_id}")
def change(request: Request, unit: Manager, staff_id: uuid.UUID, sent: Sent) -> Response:
    def act(values: dict[str, Any]) -> None:
        body = StaffChange(**values).model_dump(exclude_unset=True)
        staff.edit(unit.session, unit.actor, staff_id, str(sent.get("if_match") or ""), **body)

    return _done(request, unit, staff_id, attempt_form(unit.session, CHANGING, sent, act))


@pages.post("/setup/staff/{staff_id}/roles")
def give_role(request: Request, unit: Manager, staff_id: uuid.UUID, sent: Sent) -> Response:
    def act(values: dict[str, Any]) -> None:
        held = staff.roles_of(unit.session, [staff_id])[staff_id]
        staff.set_roles(unit.session, unit.actor, staff_id, [*held, _role(values)])

    return _done(request, unit, staff_id, attempt_form(unit.session, ROLE, sent, act))


@pages.post("/setup/staff/{staff_id}/roles/remove")
def take_role(request: Request, unit: Manager, staff_id: uuid.UUID, sent: Sent) -> Response:
    role, _, place = str(sent.get("held") or "").partition(":")

    def act() -> None:
        gone = _role({"role_id": role, "location_id": place})
        held = staff.roles_of(unit.session, [staff_id])[staff_id]
        staff.set_roles(unit.session, unit.actor, staff_id, [one for one in held if one != gone])

    return _done(request, unit, staff_id, attempt(unit.session, act, ("role_id",)))


@pages.post("/setup/staff/{staff_id}/credentials")
def certify(request: Request, unit: Manager, staff_id: uuid.UUID, sent: Sent) -> Response:
    """One credential per category that was chosen."""
    values, wrong = forms.read(CREDENTIAL, sent, "")
    categories = values.get("category_id") or []
    if not wrong and not categories:
        wrong = {"category_id": "Choose at least one."}

    def act() -> None:
        for category_id in categories:
            body = CredentialCreate(**{**values, "category_id": category_id})
            add_credential(unit.session, unit.actor, staff_id, body.model_dump())

    return _done(request, unit, staff_id, wrong or attempt(unit.session, act, values))


@pages.post("/setup/staff/{staff_id}/enrolment")
def enrol_again(request: Request, unit: Manager, staff_id: uuid.UUID) -> Response:
    token = staff.start_enrolment(unit.session, unit.actor, staff_id)
    return _code(request, unit, staff.get_staff(unit.session, staff_id), token)


def _role(values: Mapping[str, Any]) -> RoleAt:
    place = values["location_id"]
    try:
        return RoleAt(uuid.UUID(values["role_id"]), None if place == EVERYWHERE else uuid.UUID(place))
    except ValueError:
        raise Invalid("role_id: choose one of the list.") from None


def _done(request: Request, unit: Unit, staff_id: uuid.UUID, wrong: Mapping[str, str]) -> Response:
    return (
        _person(request, unit, staff_id, wrong)
        if wrong
        else redirect(f"/setup/staff/{staff_id}", request, "Saved.")
    )


def _new(request: Request, unit: Unit, values: Mapping[str, Any], wrong: Mapping[str, str]) -> Response:
    return page(
        AREA,
        "hire.html",
        request,
        unit,
        422 if wrong else 200,
        fields=NEW,
        values=values,
        wrong=wrong,
        options=forms.offered(NEW, unit.session),
    )


def _code(request: Request, unit: Unit, person: StaffMember, code: str) -> Response:
    return page(
        AREA,
        "code.html",
        request,
        unit,
        person=person,
        code=code,
        address=f"{unit.settings.public_url}/enrolment",
    )


def _person(
    request: Request, unit: Unit, staff_id: uuid.UUID, wrong: Mapping[str, str] | None = None
) -> Response:
    session = unit.session
    row = staff.get_staff(session, staff_id)
    session.refresh(row)
    words, held = _Words(session), staff.roles_of(session, [staff_id])[staff_id]
    credentials = session.scalars(
        select(Credential).where(Credential.staff_id == staff_id).order_by(Credential.valid_until.desc())
    ).all()
    return page(
        AREA,
        "person.html",
        request,
        unit,
        422 if wrong else 200,
        person=row,
        wrong=wrong or {},
        if_match=etag(row),
        fields=CHANGING,
        role=ROLE,
        credential=CREDENTIAL,
        values={one.name: getattr(row, one.name) for one in PERSON},
        blanks=forms.blank(CREDENTIAL),
        options=forms.offered((ROLE[0], *CREDENTIAL), session) | {"place": _places(session)},
        held=[(f"{one.role_id}:{one.location_id or EVERYWHERE}", words.role(one)) for one in held],
        credentials=[
            (words.categories.get(one.category_id, ""), words.places.get(one.location_id, ""), one)
            for one in credentials
        ],
    )


class _Words:
    """Names of what ids stand for."""

    def __init__(self, session: Session) -> None:
        self.titles = {row.id: row.name for row in session.execute(select(Role.id, Role.name))}
        self.places = {row.id: row.name for row in session.execute(select(Location.id, Location.name))}
        rows = session.execute(select(TreatmentCategory.id, TreatmentCategory.name))
        self.categories = {row.id: row.name for row in rows}

    def role(self, one: RoleAt) -> str:
        place = self.places.get(one.location_id, "") if one.location_id else "every location"
        return f"{self.titles.get(one.role_id, '')}, {place}"

    def roles(self, held: Sequence[RoleAt]) -> str:
        return "; ".join(self.role(one) for one in held)
