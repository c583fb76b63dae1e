"""The page on which an invited person takes up their enrolment: the code they were handed, and a password.

The service that the API uses decides. The code stands in no address, so that no log and no history keeps it.
"""

from __future__ import annotations

from fastapi import Request, Response

from medspa.kernel.errors import DomainError
from operational.identity import passwords, staff
from operational.identity.dependencies import Slot, services_of
from operational.identity.forms import OTHER_BROWSER, Field, form_page, require_same_browser
from operational.pages import SIGN_IN, page_router, redirect

pages = page_router()
ENROLMENT = "/enrolment"
_WORDS = {
    "csrf": ("", OTHER_BROWSER),
    "link-spent": (
        "code",
        "This code is used, expired or replaced by a newer one. Who manages staff can give you another.",
    ),
}


@pages.get(ENROLMENT)
def show_enrolment(request: Request) -> Response:
    return _form(request, {})


@pages.post(ENROLMENT)
def take_enrolment(
    request: Request,
    _slot: Slot,
    code: Field = "",
    password: Field = "",
    repeated: Field = "",
    form_token: Field = "",
) -> Response:
    code = code.strip()
    wrong = _wrong(code, password, repeated)
    if wrong:
        return _form(request, wrong, code, 422)
    try:
        require_same_browser(request, form_token)
        staff.accept_enrolment(services_of(request), code, password)
    except DomainError as error:
        field, words = _WORDS.get(error.code, ("", f"{error.title}. {error.detail}"))
        return _form(request, {field: words}, code, error.status)
    return redirect(f"{SIGN_IN}?enrolled=1")


def _wrong(code: str, password: str, repeated: str) -> dict[str, str]:
    """Field → what to correct."""
    wrong = {}
    if not code:
        wrong["code"] = "Enter the code that you were given."
    if not passwords.MIN_LENGTH <= len(password) <= passwords.MAX_LENGTH:
        wrong["password"] = (
            f"Use between {passwords.MIN_LENGTH} and {passwords.MAX_LENGTH} characters; several words do."
        )
    elif password != repeated:
        wrong["repeated"] = "The two passwords differ. Enter the same one twice."
    return wrong


def _form(request: Request, wrong: dict[str, str], code: str = "", status: int = 200) -> Response:
    """Passwords are never sent back; the code is, to whoever sent it."""
    return form_page(request, "enrolment.html", status, wrong=wrong, code=code, shortest=passwords.MIN_LENGTH)
