"""Doing what a form asks for, or telling beside its fields why not. Nothing is left half done."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Annotated, Any

from fastapi import Depends, Request
from pydantic import ValidationError
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from starlette.datastructures import FormData

from medspa.kernel.errors import DomainError, StaleVersion
from operational.database_errors import meaning_of
from operational.setup.fields import Field, read

_WORDS = {
    "string_pattern_mismatch": "This is not in the form that is asked for.",
    "missing": "This is needed.",
    "uuid_parsing": "Choose one of the list.",
    "enum": "Choose one of the list.",
}
STALE = "Somebody changed this meanwhile. What is saved now is shown; make your change again."


async def _form(request: Request) -> FormData:
    return await request.form()


Sent = Annotated[FormData, Depends(_form)]


def attempt_form(
    session: Session,
    fields: Sequence[Field],
    sent: FormData,
    act: Callable[[dict[str, Any]], object],
    currency: str = "",
) -> dict[str, str]:
    """`act` with what was typed, where that can be read. Answers like `attempt`."""
    values, wrong = read(fields, sent, currency)
    return wrong or attempt(session, lambda: act(values), values)


def attempt(session: Session, act: Callable[[], object], fields: Iterable[str]) -> dict[str, str]:
    """Field → what is wrong; the field "" is the form. Empty: it was done."""
    known = set(fields)
    try:
        with session.begin_nested():
            act()
    except ValidationError as error:
        return {
            _field(one["loc"], known): _WORDS.get(one["type"], str(one["msg"]).removeprefix("Value error, "))
            for one in error.errors()
        }
    except StaleVersion:
        return {"": STALE}
    except DomainError as error:
        name, colon, words = error.detail.partition(": ")
        if colon and name in known:
            return {name: words[:1].upper() + words[1:]}
        told = error.detail if error.detail != error.title else ""
        return {"": f"{error.title}. {told}".strip()}
    except DBAPIError as error:
        meaning = meaning_of(error)
        if meaning is None:
            raise
        return {"": f"{meaning.title}."}
    return {}


def _field(loc: tuple[int | str, ...], known: set[str]) -> str:
    name = str(loc[0]) if loc else ""
    return name if name in known else ""
