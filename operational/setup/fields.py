"""Fields of set-up forms: what people type becomes what the API's own schemas take, and back again.

Whether a value is acceptable is the schemas' and services' matter; here is only how it is written.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Literal

from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.datastructures import FormData

from medspa.kernel.money import decimal_text, digits
from operational.models.organization import LegalEntity

Kind = Literal["text", "email", "number", "money", "percent", "check", "choice", "many", "date", "suggest"]
Options = Sequence[tuple[str, str]]
_PPM_PER_PERCENT = 10_000
NEEDED = "This is needed."


@dataclass(frozen=True, slots=True)
class Field:
    """`options`: what a choice offers, asked when the form is shown. `once`: never changed afterwards."""

    name: str
    label: str
    kind: Kind = "text"
    hint: str = ""
    required: bool = True
    options: Callable[[Session], Options] | None = None
    once: bool = False
    start: str = ""


class Unreadable(Exception):
    """What was typed is no value of its kind. The message says what to type."""


def read(fields: Sequence[Field], form: FormData, currency: str) -> tuple[dict[str, Any], dict[str, str]]:
    """(values, what is wrong by field). What was left empty is None."""
    values: dict[str, Any] = {}
    wrong: dict[str, str] = {}
    for field in fields:
        try:
            values[field.name] = _read(field, form, currency)
        except Unreadable as error:
            wrong[field.name] = str(error)
            continue
        if field.required and values[field.name] is None:
            wrong[field.name] = NEEDED
    return values, wrong


def _read(field: Field, form: FormData, currency: str) -> Any:
    if field.kind == "check":
        return field.name in form
    if field.kind == "many":
        return [str(one) for one in form.getlist(field.name)]
    raw = str(form.get(field.name) or "").strip()
    if not raw:
        return None
    if field.kind == "number":
        if not raw.isascii() or not raw.isdigit():
            raise Unreadable("Enter a whole number.")
        return int(raw)
    if field.kind == "money":
        return _exact(
            raw.lstrip("$€£ ").replace(",", ""), 10 ** digits(currency), "Enter an amount such as 450.00."
        )
    if field.kind == "percent":
        return _exact(raw.rstrip("% "), _PPM_PER_PERCENT, "Enter a percentage such as 8.875.")
    return raw


def _exact(raw: str, factor: int, told: str) -> int:
    try:
        scaled = Decimal(raw) * factor
    except InvalidOperation:
        raise Unreadable(told) from None
    if not scaled.is_finite() or scaled != scaled.to_integral_value() or scaled < 0 or scaled > 10**13:
        raise Unreadable(told)
    return int(scaled)


def written(fields: Sequence[Field], values: Mapping[str, Any], currency: str) -> dict[str, Any]:
    """Values as a form shows them."""
    return {field.name: _written(field, values.get(field.name), currency) for field in fields}


def _written(field: Field, value: Any, currency: str) -> Any:
    if field.kind in ("check", "many"):
        return value or ([] if field.kind == "many" else False)
    if value is None:
        return ""
    if field.kind == "money":
        return decimal_text(value, currency)
    if field.kind == "percent":
        return f"{Decimal(value) / _PPM_PER_PERCENT:f}"
    return str(value)


def typed(fields: Sequence[Field], form: FormData) -> dict[str, Any]:
    """What was sent, to be shown again beside what is wrong with it."""
    shown: dict[str, Any] = {}
    for field in fields:
        if field.kind == "check":
            shown[field.name] = field.name in form
        elif field.kind == "many":
            shown[field.name] = [str(one) for one in form.getlist(field.name)]
        else:
            shown[field.name] = str(form.get(field.name) or "")
    return shown


def blank(fields: Sequence[Field]) -> dict[str, Any]:
    """A form that nobody has filled in."""
    empty: dict[Kind, Any] = {"check": False, "many": []}
    return {
        one.name: one.start == "on" if one.kind == "check" else empty.get(one.kind, one.start)
        for one in fields
    }


def offered(fields: Sequence[Field], session: Session) -> dict[str, Options]:
    return {one.name: one.options(session) for one in fields if one.options is not None}


def currency_of(session: Session) -> str:
    """The currency that prices are typed in: of the first legal entity."""
    found = session.scalar(select(LegalEntity.currency).order_by(LegalEntity.created_at).limit(1))
    return found or "USD"
