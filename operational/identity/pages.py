"""Pages of sign-in and sign-out, for people with a browser. They work without scripts.

Everything is decided by the services that the API uses; here forms become their arguments, and their errors
words on the page. A form is taken only with the token that its own page carried: the cookie alone, which
another site can make a browser send, is not enough.
"""

from __future__ import annotations

from urllib.parse import quote

from fastapi import Request, Response
from pydantic import ValidationError

from medspa.kernel.errors import DomainError, Unauthenticated
from medspa.ui.qr import qr_code
from operational.identity import sign_in, tokens, totp
from operational.identity.dependencies import Slot, cookie_name, services_of
from operational.identity.errors import AlreadyEnrolled, CsrfMissing
from operational.identity.forms import AREA, OTHER_BROWSER, Field, form_page, own_unit, require_same_browser
from operational.identity.schemas import SignInRequest, TotpConfirmation
from operational.identity.session_endpoints import (
    attempt_of,
    forget_session,
    keep_session,
    own_record,
)
from operational.identity.switch_pages import SWITCH, device_of
from operational.identity.switching import known_here
from operational.pages import AUTHENTICATOR, HOME, SIGN_IN, own_path, page, page_router, redirect

pages = page_router()
_WORDS = {
    "second-factor-required": "Enter the six digits that your authenticator app shows now.",
    "sign-in-failed": "E-mail address, password or code is wrong. A code works once: wait for the next.",
    "csrf": OTHER_BROWSER,
}
_FIELDS = {
    "email": "Enter your e-mail address, like name@example.com.",
    "password": "Enter your password.",
    "code": "The code has six digits.",
    "organization": "The short name of an organization has at most 60 characters.",
}
_NOTICES = {
    "left": "You are signed out.",
    "enrolled": "Your password is set. Sign in with it; the next step sets up your authenticator app.",
}


@pages.get(SIGN_IN)
def show_sign_in(request: Request, _slot: Slot) -> Response:
    left = "left" in request.query_params
    if left and _is_signed_in(request):
        return _still_signed_in(request, 200)
    if not request.query_params.keys() & {"full", *_NOTICES} and known_here(
        services_of(request), device_of(request)
    ):
        onward = own_path(request.query_params.get("next"))
        return redirect(f"{SWITCH}?next={quote(onward, safe='')}")
    notice = next((words for name, words in _NOTICES.items() if name in request.query_params), "")
    return _form(request, request.query_params.get("next"), notice=notice)


@pages.post(SIGN_IN)
def take_sign_in(
    request: Request,
    _slot: Slot,
    email: Field = "",
    password: Field = "",
    code: Field = "",
    organization: Field = "",
    form_token: Field = "",
    next: Field = "",  # noqa: A002 - the field's name
) -> Response:
    typed = {"email": email.strip(), "organization": organization.strip()}
    try:
        require_same_browser(request, form_token)
        body = SignInRequest(
            email=typed["email"],
            password=password,
            code=code.replace(" ", "") or None,
            organization=typed["organization"] or None,
        )
        opened = sign_in.sign_in(services_of(request), attempt_of(request, body))
    except ValidationError as error:
        wrong = {str(one["loc"][0]): _FIELDS[str(one["loc"][0])] for one in error.errors()}
        return _form(request, next, typed, wrong, status=422)
    except DomainError as error:
        return _form(request, next, typed, _told(error), status=error.status, headers=_retry(error))
    onward = own_path(next)
    answer = redirect(onward if opened.complete else f"{AUTHENTICATOR}?next={quote(onward, safe='')}")
    keep_session(request, answer, opened)
    return answer


@pages.post("/sign-out")
def sign_out(request: Request, _slot: Slot, csrf_token: Field = "") -> Response:
    """Only a page of this very session signs it out.

    Another site's form comes without the cookie: then nothing is forgotten, for it may be there all the same.
    """
    answer = redirect(f"{SIGN_IN}?left=1")
    settings = services_of(request).settings
    if not request.cookies.get(cookie_name(settings)):
        return answer
    try:
        with own_unit(request, "POST", csrf_token) as unit:
            if unit.session_id is not None:
                sign_in.end_session(unit.session, unit.session_id)
    except Unauthenticated:
        pass
    except CsrfMissing as error:
        return _still_signed_in(request, error.status)
    forget_session(settings, answer)
    return answer


@pages.get(AUTHENTICATOR)
def show_authenticator(request: Request, _slot: Slot) -> Response:
    """A fresh secret for the app; nothing is stored before its first code."""
    onward = own_path(request.query_params.get("next"))
    try:
        with own_unit(request, "GET", "") as unit:
            enrolment = totp.begin(unit.session, unit.vault, own_record(unit))
    except Unauthenticated:
        return redirect(SIGN_IN)
    except AlreadyEnrolled:
        return redirect(onward)
    return _authenticator(request, onward, enrolment.enrolment_token, enrolment)


@pages.post(AUTHENTICATOR)
def take_authenticator(
    request: Request,
    _slot: Slot,
    csrf_token: Field = "",
    enrolment_token: Field = "",
    code: Field = "",
    next: Field = "",  # noqa: A002 - the field's name
) -> Response:
    try:
        body = TotpConfirmation(enrolment_token=enrolment_token, code=code.replace(" ", ""))
        with own_unit(request, "POST", csrf_token) as unit:
            person = own_record(unit)
            totp.confirm(unit.session, unit.vault, person, body.enrolment_token, body.code)
            if unit.session_id is not None:
                sign_in.complete_session(unit.session, unit.session_id)
                sign_in.end_sessions(unit.session, person.id, keep=unit.session_id)
    except ValidationError:
        return _authenticator(request, own_path(next), enrolment_token, wrong=_FIELDS["code"], status=422)
    except Unauthenticated:
        return redirect(SIGN_IN)
    except DomainError as error:
        wrong = _WORDS.get(error.code, error.detail).removeprefix("code: ")
        return _authenticator(request, own_path(next), enrolment_token, wrong=wrong, status=error.status)
    return redirect(own_path(next))


def _is_signed_in(request: Request) -> bool:
    try:
        with own_unit(request, "GET", ""):
            return True
    except Unauthenticated:
        return False


def _still_signed_in(request: Request, status: int) -> Response:
    """Says so, with a form that carries the token of the sign-in."""
    cookie = request.cookies.get(cookie_name(services_of(request).settings)) or ""
    token = tokens.csrf_token(cookie)
    return page(AREA, "still_signed_in.html", request, None, status, csrf_token=token, home=HOME)


def _told(error: DomainError) -> dict[str, str]:
    words = _WORDS.get(error.code, f"{error.title}. {error.detail}")
    return {"code" if error.code == "second-factor-required" else "": words}


def _retry(error: DomainError) -> dict[str, str]:
    wait = error.extra.get("retry_after_seconds")
    return {} if wait is None else {"Retry-After": str(wait)}


def _form(
    request: Request,
    onward: str | None,
    typed: dict[str, str] | None = None,
    wrong: dict[str, str] | None = None,
    *,
    notice: str = "",
    status: int = 200,
    headers: dict[str, str] | None = None,
) -> Response:
    return form_page(
        request,
        "sign_in.html",
        status,
        headers,
        next=own_path(onward),
        typed={"email": "", "organization": "", **(typed or {})},
        wrong=wrong or {},
        notice=notice,
    )


def _authenticator(
    request: Request,
    onward: str,
    enrolment_token: str,
    enrolment: totp.Enrolment | None = None,
    *,
    wrong: str = "",
    status: int = 200,
) -> Response:
    cookie = request.cookies.get(cookie_name(services_of(request).settings)) or ""
    return page(
        AREA,
        "authenticator.html",
        request,
        None,
        status,
        csrf_token=tokens.csrf_token(cookie),
        next=onward,
        enrolment_token=enrolment_token,
        enrolment=enrolment,
        qr=enrolment and qr_code(enrolment.otpauth_uri, "The key for your authenticator app"),
        wrong=wrong,
    )
