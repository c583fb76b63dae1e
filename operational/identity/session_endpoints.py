"""Sign-in, sign-out, the second factor, and taking up an enrolment."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request, Response

from medspa.kernel.errors import Forbidden
from medspa.kernel.settings import Settings
from operational.directory.throttle import DEVICE_LIFETIME
from operational.identity import sign_in, staff, tokens, totp
from operational.identity.dependencies import (
    Slot,
    cookie_name,
    is_secure,
    services_of,
    signed_in,
)
from operational.identity.errors import AlreadyEnrolled
from operational.identity.schemas import (
    EnrolmentAcceptance,
    PermissionsAt,
    SessionView,
    SignInRequest,
    TotpConfirmation,
    TotpEnrolment,
    WhoAmI,
)
from operational.identity.unit import Unit
from operational.models.staff import StaffMember
from operational.routing import AreaRouter

router = AreaRouter(prefix="/v1", tags=["identity"])

DEVICE_COOKIE = "medspa_device"
HalfUnit = Annotated[Unit, Depends(signed_in(half=True), scope="function")]


@router.post("/session", status_code=201)
def open_session(request: Request, response: Response, body: SignInRequest, _slot: Slot) -> SessionView:
    """Sign in. Answers a session cookie and the CSRF token that writes need."""
    opened = sign_in.sign_in(services_of(request), attempt_of(request, body))
    keep_session(request, response, opened)
    return SessionView(
        organization_id=opened.org_id,
        staff_id=opened.staff_id,
        csrf_token=opened.csrf_token,
        second_factor_complete=opened.complete,
    )


@router.get("/session")
def show_session(request: Request, unit: HalfUnit) -> WhoAmI:
    """Who the caller is and what they may do where."""
    cookie = request.cookies.get(cookie_name(unit.settings)) if unit.session_id else None
    return WhoAmI(
        organization_id=unit.actor.org_id,
        kind=unit.actor.kind.value,
        id=unit.actor.id,
        staff_id=unit.actor.staff_id,
        permissions=[
            PermissionsAt(location_id=place, permissions=sorted(held))
            for place, held in unit.actor.permissions.items()
        ],
        csrf_token=tokens.csrf_token(cookie) if cookie else None,
    )


@router.delete("/session", status_code=204)
def close_session(response: Response, unit: HalfUnit) -> None:
    """Sign out. The cookie is worthless from now on."""
    if unit.session_id is None:
        raise Forbidden("An API key has no session; revoke the key instead.")
    sign_in.end_session(unit.session, unit.session_id)
    forget_session(unit.settings, response)


@router.post("/session/totp", status_code=201)
def begin_second_factor(unit: HalfUnit) -> TotpEnrolment:
    """Start to set up an authenticator app."""
    enrolment = totp.begin(unit.session, unit.vault, own_record(unit))
    return TotpEnrolment.model_validate(enrolment)


@router.post("/session/totp/confirm", status_code=204)
def confirm_second_factor(unit: HalfUnit, body: TotpConfirmation) -> None:
    """Finish: from now on sign-in needs the app's code. Ends the person's other sessions."""
    person = own_record(unit)
    totp.confirm(unit.session, unit.vault, person, body.enrolment_token, body.code)
    if unit.session_id is not None:
        sign_in.complete_session(unit.session, unit.session_id)
        sign_in.end_sessions(unit.session, person.id, keep=unit.session_id)


@router.post("/enrolments", status_code=204)
def accept_enrolment(request: Request, body: EnrolmentAcceptance, _slot: Slot) -> None:
    """Set a password with the enrolment token that a manager handed over. Works once."""
    staff.accept_enrolment(services_of(request), body.token, body.password)


def own_record(unit: Unit) -> StaffMember:
    """The signed-in person, locked. Raises Forbidden and AlreadyEnrolled."""
    if unit.session_id is None or unit.actor.staff_id is None:
        raise Forbidden("Only a person who is signed in can set up an authenticator app.")
    person = staff.get_staff(unit.session, unit.actor.staff_id, lock=True)
    if person.totp_secret is not None:
        raise AlreadyEnrolled
    return person


def attempt_of(request: Request, body: SignInRequest) -> sign_in.Attempt:
    return sign_in.Attempt(
        email=body.email,
        password=body.password,
        code=body.code,
        organization=body.organization,
        address=request.client.host if request.client else "",
        device_token=request.cookies.get(cookie_name(services_of(request).settings, DEVICE_COOKIE)),
    )


def keep_session(request: Request, response: Response, opened: sign_in.SignedIn) -> None:
    settings = services_of(request).settings
    set_cookie(settings, response, cookie_name(settings), opened.session_token, None)
    lifetime = int(DEVICE_LIFETIME.total_seconds())
    set_cookie(settings, response, cookie_name(settings, DEVICE_COOKIE), opened.device_token, lifetime)


def forget_session(settings: Settings, response: Response) -> None:
    response.delete_cookie(
        cookie_name(settings), path="/", secure=is_secure(settings), httponly=True, samesite="lax"
    )


def set_cookie(settings: Settings, response: Response, name: str, value: str, lifetime: int | None) -> None:
    response.set_cookie(
        name,
        value,
        max_age=lifetime,
        path="/",
        secure=is_secure(settings),
        httponly=True,
        samesite="lax",
    )
