"""The grammar of a segment definition: what may be asked, of which fields, with which values.

Pure: no SQL, no database, no file access. The operational app may import this module.
"""

from __future__ import annotations

import enum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from medspa.kernel.errors import Invalid


class FieldKind(enum.StrEnum):
    """What a field of a mart holds."""

    WORD = "word"
    DATE = "date"
    NUMBER = "number"
    FLAG = "flag"


FIELDS: dict[str, dict[str, FieldKind]] = {
    "client_cycle": {
        "category_code": FieldKind.WORD,
        "status": FieldKind.WORD,
        "last_product_name": FieldKind.WORD,
        "last_area": FieldKind.WORD,
        "last_full_on": FieldKind.DATE,
        "last_visit_on": FieldKind.DATE,
        "due_on": FieldKind.DATE,
        "contact_from": FieldKind.DATE,
        "contact_until": FieldKind.DATE,
        "earliest_on": FieldKind.DATE,
        "reviewed_on": FieldKind.DATE,
        "next_appointment_on": FieldKind.DATE,
        "cycle_days": FieldKind.NUMBER,
    },
    "client_series": {
        "category_code": FieldKind.WORD,
        "sessions": FieldKind.NUMBER,
        "last_session_on": FieldKind.DATE,
        "due_on": FieldKind.DATE,
        "unfinished_on": FieldKind.DATE,
    },
    "client_profile": {
        "first_visit_on": FieldKind.DATE,
        "last_visit_on": FieldKind.DATE,
        "last_missed_on": FieldKind.DATE,
        "next_appointment_on": FieldKind.DATE,
        "last_booked_on": FieldKind.DATE,
        "lapses_after": FieldKind.DATE,
        "is_missed_since_visit": FieldKind.FLAG,
        "is_provider_departed": FieldKind.FLAG,
        "visits": FieldKind.NUMBER,
        "no_shows": FieldKind.NUMBER,
        "late_cancellations": FieldKind.NUMBER,
    },
    "client_balance": {
        "gift_cards_held": FieldKind.NUMBER,
        "gift_card_idle_since": FieldKind.DATE,
        "credit_idle_since": FieldKind.DATE,
        "member_since": FieldKind.DATE,
        "membership_ended_on": FieldKind.DATE,
        "last_visit_on": FieldKind.DATE,
        "dues_spent_since": FieldKind.DATE,
    },
    "fct_package": {
        "left_milli": FieldKind.NUMBER,
        "sessions_left": FieldKind.NUMBER,
        "units_left_milli": FieldKind.NUMBER,
        "sold_on": FieldKind.DATE,
        "idle_since": FieldKind.DATE,
        "expires_on": FieldKind.DATE,
    },
    "fct_membership": {
        "status": FieldKind.WORD,
        "joined_on": FieldKind.DATE,
        "next_bill_on": FieldKind.DATE,
        "unpaid_since": FieldKind.DATE,
        "credits_expire_on": FieldKind.DATE,
        "credits_left_milli": FieldKind.NUMBER,
        "failures": FieldKind.NUMBER,
    },
}
"""Mart → field → kind. Only these can be asked for."""

_NAME = r"^[a-z][a-z0-9_]{1,59}$"


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class InDays(_Closed):
    """A date in the half-open range [as-of + from_day, as-of + to_day); with `or_unknown`, or no date."""

    field: str
    from_day: int = Field(ge=-3650, le=3650)
    to_day: int = Field(ge=-3650, le=3650)
    or_unknown: bool = False

    @model_validator(mode="after")
    def _forward(self) -> InDays:
        if self.from_day >= self.to_day:
            raise ValueError("from_day must be before to_day")
        return self


class MonthsPast(_Closed):
    """A date that lies [at_least_months, less_than_months) whole months before the as-of date."""

    field: str
    at_least_months: int = Field(ge=0, le=600)
    less_than_months: int | None = Field(default=None, ge=1, le=600)

    @model_validator(mode="after")
    def _forward(self) -> MonthsPast:
        if self.less_than_months is not None and self.at_least_months >= self.less_than_months:
            raise ValueError("at_least_months must be before less_than_months")
        return self


class OneOf(_Closed):
    """A word that is one of the given."""

    field: str
    one_of: Annotated[list[str], Field(min_length=1, max_length=100)]


class AtLeast(_Closed):
    """A number of at least the given."""

    field: str
    at_least: int


class AtMost(_Closed):
    """A number of at most the given."""

    field: str
    at_most: int


class Known(_Closed):
    """A field that has a value (`true`) or none (`false`)."""

    field: str
    known: bool


class Holds(_Closed):
    """A flag that is set (`true`) or not (`false`)."""

    field: str
    holds: bool


Condition = InDays | MonthsPast | OneOf | AtLeast | AtMost | Known | Holds

_ASKS: dict[type[_Closed], FieldKind] = {
    InDays: FieldKind.DATE,
    MonthsPast: FieldKind.DATE,
    Holds: FieldKind.FLAG,
    OneOf: FieldKind.WORD,
    AtLeast: FieldKind.NUMBER,
    AtMost: FieldKind.NUMBER,
}


class SegmentDefinition(_Closed):
    """A segment: a mart, conditions that all hold, the date that is due and the reason given."""

    code: Annotated[str, Field(pattern=_NAME)]
    version: int = Field(ge=1)
    group: Literal["cycle", "visits", "sales", "balances", "value"]
    label: str = Field(min_length=3, max_length=120)
    description: str = Field(min_length=10, max_length=600)
    mart: Literal[
        "client_cycle", "client_series", "client_profile", "client_balance", "fct_package", "fct_membership"
    ]
    where: Annotated[list[Condition], Field(min_length=1, max_length=20)]
    due_on: str | None = None
    reason: Annotated[str, Field(pattern=_NAME)]
    booked: Literal["same_category", "any", "none"] = "any"
    """Which appointments to come keep a member from being written to."""

    @property
    def reveals_treatment(self) -> bool:
        """Whether being a member tells what a client was treated with."""
        return self.mart in ("client_cycle", "client_series")

    @property
    def categories(self) -> list[str]:
        """Codes of the treatment categories it is about; none: about visits of any kind."""
        return sorted(
            {
                code
                for condition in self.where
                if isinstance(condition, OneOf) and condition.field == "category_code"
                for code in condition.one_of
            }
        )

    @model_validator(mode="after")
    def _asks_only_what_the_mart_has(self) -> SegmentDefinition:
        fields = FIELDS[self.mart]
        for condition in self.where:
            kind = fields.get(condition.field)
            if kind is None:
                known = ", ".join(sorted(fields))
                raise ValueError(f"{self.mart} has no field {condition.field}; it has {known}")
            wanted = _ASKS.get(type(condition))
            if wanted is not None and kind is not wanted:
                raise ValueError(f"{condition.field} is a {kind.value}, not a {wanted.value}")
        if self.booked == "same_category" and not self.categories:
            raise ValueError("booked: same_category needs a condition on category_code")
        if self.due_on is not None and fields.get(self.due_on) is not FieldKind.DATE:
            raise ValueError(f"due_on must name a date of {self.mart}")
        return self


class UnknownSegment(Invalid):
    status = 404
    code = "unknown-segment"
    title = "There is no segment of this name"
