"""What all request and answer models share. Fields of one area live with the area."""

from __future__ import annotations

import re
import types
from datetime import date, datetime, time
from functools import cache
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
)

from medspa.kernel.errors import Invalid
from medspa.kernel.money import CURRENCIES

_DATED = re.compile(r"(\d{4})-")
_YEARS = range(1900, 2200)
"""Of dates and times that are sent: whatever is computed from them still is a date."""
_ASKED_FOR: dict[Any, str] = {
    int: "Send a whole number.",
    bool: "Send true or false.",
    date: "Send a date such as 2026-03-02.",
    datetime: "Send a time such as 2026-03-02T10:15:00-05:00.",
    AwareDatetime: "Send a time such as 2026-03-02T10:15:00-05:00.",
}


class Sent(BaseModel):
    """A request body: unknown fields are refused, so that a misspelt one is noticed.

    Nothing is converted: `"1"` or `true` for a number, `1` for a flag and seconds for a time are mistakes.
    """

    model_config = ConfigDict(extra="forbid")

    @field_validator("*", mode="before")
    @classmethod
    def _as_it_is(cls, value: Any, info: ValidationInfo) -> Any:
        wanted = _plain_type(cls, str(info.field_name))
        if wanted is None or value is None or type(value) is wanted:
            return value
        if wanted in (int, bool) or not isinstance(value, (str, date)):
            raise ValueError(_ASKED_FOR[wanted])
        if isinstance(value, str):
            dated = _DATED.match(value)
            if dated is None:
                raise ValueError(_ASKED_FOR[wanted])
            _check_year(int(dated[1]))
        return value


def _check_year(year: int) -> None:
    if year not in _YEARS:
        raise ValueError(f"Send a year from {_YEARS[0]} to {_YEARS[-1]}.")


def _in_years(value: date) -> date:
    _check_year(value.year)
    return value


def _known_currency(value: str) -> str:
    if value not in CURRENCIES:
        raise ValueError("Send a currency code of ISO 4217 such as USD.")
    return value


@cache
def _plain_type(model: type[BaseModel], field: str) -> Any:
    """The field's type when it is one of _ASKED_FOR, required or not."""
    found = _alternatives(model.model_fields[field].annotation)
    return next(iter(found)) if len(found) == 1 and found <= _ASKED_FOR.keys() else None


def _alternatives(annotation: Any) -> set[Any]:
    if get_origin(annotation) is Annotated:
        return _alternatives(get_args(annotation)[0])
    if get_origin(annotation) in (Union, types.UnionType):
        return {one for part in get_args(annotation) for one in _alternatives(part)} - {type(None)}
    return {annotation}


class Shown(BaseModel):
    """An answer, read from a row or a dataclass."""

    model_config = ConfigDict(from_attributes=True)


DateAsked = Annotated[date, AfterValidator(_in_years)]
TimeAsked = Annotated[AwareDatetime, AfterValidator(_in_years)]
"""Parameters of the address; the fields of a body are checked by Sent."""


def _text_only(value: object) -> object:
    """A number is no time, though it could be read as seconds."""
    if not isinstance(value, (str, time)):
        raise ValueError("Send it as text.")
    return value


def _dated(value: object) -> object:
    if isinstance(value, datetime) or (isinstance(value, str) and _DATED.match(value)):
        return value
    raise ValueError(_ASKED_FOR[datetime])


AsText = BeforeValidator(_text_only)
AsDated = BeforeValidator(_dated)
Within = AfterValidator(_in_years)
"""Of times in a list, which Sent does not look into."""
Money = Annotated[int, Field(ge=0, le=1_000_000_000_000, description="Minor units (cents).")]
CurrencyCode = Annotated[str, Field(pattern=r"^[A-Z]{3}$", examples=["USD"]), AfterValidator(_known_currency)]
Code = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_.-]{0,59}$")]
Days = Annotated[int, Field(ge=-3650, le=3650)]


Form = TypeVar("Form", bound=BaseModel)


def from_form(schema: type[Form], **values: Any) -> Form:
    """What a page's form sent, read as the API reads its bodies. Raises Invalid with what to correct."""
    try:
        return schema.model_validate(values)
    except ValidationError as error:
        wrong = error.errors()[0]
        field = ".".join(str(one) for one in wrong["loc"]).replace("_", " ")
        raise Invalid(f"{field.capitalize()}: {wrong['msg'].removeprefix('Value error, ')}") from None
