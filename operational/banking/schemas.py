"""What is sent to and shown of the bank, the processor's payouts and third parties."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from medspa.kernel.vocabulary import (
    BankDepositKind,
    BankDepositStatus,
    BankMatch,
    ProgrammeKind,
    SettlementOutcome,
)
from operational.schemas import Sent
from operational.text import Line, clean_paragraph

MAX_MINOR = 1_000_000_000
Amount = Annotated[int, Field(strict=True, ge=1, le=MAX_MINOR, description="Minor units, above zero.")]
OrNothing = Annotated[int, Field(strict=True, ge=0, le=MAX_MINOR)]
Signed = Annotated[int, Field(strict=True, ge=-MAX_MINOR, le=MAX_MINOR, description="Positive came in.")]


class Row(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class OpeningIn(Sent):
    """What the processor owes when the report begins, payouts on their way to the bank among it."""

    currency: Annotated[str, StringConstraints(pattern="^[A-Z]{3}$")]
    amount_minor: Annotated[int, Field(strict=True, ge=-MAX_MINOR, le=MAX_MINOR)] = Field(
        description="Net of fees; negative: the practice owes it."
    )
    reports_from: date | None = Field(
        default=None, description="The day with which the report begins, where it is another than known."
    )


class OpeningOut(Row):
    id: uuid.UUID
    reports_from: date
    opening_minor: int


class BagIn(Sent):
    location_id: uuid.UUID
    amount_minor: Amount


class ChecksIn(Sent):
    location_id: uuid.UUID
    payment_ids: Annotated[list[uuid.UUID], Field(min_length=1, max_length=200)]


class ConfirmIn(Sent):
    """`amount_minor` left out: what the slip says."""

    amount_minor: OrNothing | None = None
    external_date: date | None = None


class DepositOut(Row):
    id: uuid.UUID
    location_id: uuid.UUID
    kind: BankDepositKind
    status: BankDepositStatus
    currency: str
    amount_minor: int
    confirmed_minor: int | None
    business_date: date
    confirmed_on: date | None


class ReturnedIn(Sent):
    """The bank's fee is ours; `client_fee_minor` is billed to the client on an invoice of its own."""

    bank_fee_minor: OrNothing = 0
    client_fee_minor: OrNothing = 0
    external_date: date | None = None


class ReturnedOut(Row):
    id: uuid.UUID
    payment_id: uuid.UUID
    location_id: uuid.UUID
    currency: str
    amount_minor: int
    bank_fee_minor: int
    fee_invoice_id: uuid.UUID | None
    business_date: date
    external_date: date | None


class BankLineIn(Sent):
    booked_on: date
    amount_minor: Signed
    description: Line | None = None
    key: Annotated[str, StringConstraints(pattern="^[A-Za-z0-9_.:-]{1,100}$")] | None = Field(
        default=None, description="The bank's own id of the line, when it has one."
    )
    account: Annotated[str, StringConstraints(pattern="^[A-Za-z0-9_.:-]{1,40}$")] | None = Field(
        default=None, description="A name of the bank account, when the legal entity has several."
    )

    @model_validator(mode="after")
    def _moves(self) -> Self:
        if self.amount_minor == 0:
            raise ValueError("amount_minor: a line moves something")
        return self


class BankLinesIn(Sent):
    location_id: uuid.UUID
    lines: Annotated[list[BankLineIn], Field(min_length=1, max_length=500)]


def _without_mark(value: str) -> str:
    """The text of a file, which may begin with a byte order mark."""
    return clean_paragraph(value.removeprefix("\ufeff"))


class StatementIn(Sent):
    """CSV with a header: booked_on (YYYY-MM-DD), amount, and if wanted description, id and account."""

    location_id: uuid.UUID
    csv: Annotated[str, Field(min_length=1, max_length=1_000_000), AfterValidator(_without_mark)]


class TakenOut(Row):
    new: int
    matched: int
    known: int
    known_rows: tuple[int, ...] = Field(
        description="Lines, counted from 1, that a location of the legal entity took before."
    )


class MatchIn(Sent):
    """What the line is about: the document of the kind, or none for a fee and what is booked elsewhere."""

    kind: BankMatch
    processor_payout_id: uuid.UUID | None = None
    bank_deposit_id: uuid.UUID | None = None
    returned_check_id: uuid.UUID | None = None
    remittance_id: uuid.UUID | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        named = [name for name in _DOCUMENTS if getattr(self, name) is not None]
        wanted = [f"{self.kind.value}_id"] if f"{self.kind.value}_id" in _DOCUMENTS else []
        if named != wanted:
            raise ValueError("send the id of the kind's document, and no other")
        return self

    @property
    def match_id(self) -> uuid.UUID | None:
        found: uuid.UUID | None = getattr(self, f"{self.kind.value}_id", None)
        return found


_DOCUMENTS = ("processor_payout_id", "bank_deposit_id", "returned_check_id", "remittance_id")


class BankLineOut(Row):
    """Until it is matched, its amount stands in account 1290."""

    id: uuid.UUID
    location_id: uuid.UUID
    booked_on: date
    currency: str
    amount_minor: int
    match_kind: BankMatch | None
    match_id: uuid.UUID | None
    matched_on: date | None


class ProcessorPayoutOut(Row):
    id: uuid.UUID
    merchant_account_id: uuid.UUID
    currency: str
    gross_minor: int
    fee_minor: int
    net_minor: int
    arrived_on: date
    failed_on: date | None


class ProgrammeIn(Sent):
    name: Line
    kind: ProgrammeKind


class ProgrammeOut(Row):
    id: uuid.UUID
    name: str
    kind: ProgrammeKind
    active: bool


class SettledIn(Sent):
    payment_id: uuid.UUID
    fee_minor: OrNothing = 0
    practice_funded_minor: OrNothing = 0


class RemittanceIn(Sent):
    """One transfer of a programme, payment by payment, with what it holds back."""

    programme_id: uuid.UUID
    location_id: uuid.UUID
    items: Annotated[list[SettledIn], Field(min_length=1, max_length=200)]
    external_date: date | None = None


class RemittanceOut(Row):
    id: uuid.UUID
    programme_id: uuid.UUID
    location_id: uuid.UUID
    currency: str
    gross_minor: int
    fee_minor: int
    practice_funded_minor: int
    net_minor: int
    business_date: date


class RefusedIn(Sent):
    """`client_owes`: the invoice is open again; else the house bears it."""

    client_owes: bool
    external_date: date | None = None


class RefusedOut(Row):
    id: uuid.UUID
    payment_id: uuid.UUID
    programme_id: uuid.UUID
    location_id: uuid.UUID
    outcome: SettlementOutcome
    currency: str
    amount_minor: int
    business_date: date
