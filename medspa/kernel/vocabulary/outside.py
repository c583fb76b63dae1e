"""Words of money outside the practice: disputes, the processor's report, the bank, third parties."""

from __future__ import annotations

import enum

__all__ = [
    "BankDepositKind", "BankDepositStatus", "BankMatch", "DisputeStatus", "ProcessorDecision",
    "ProcessorItemReason", "ProcessorLineBooking", "ProcessorLineEvent", "ProcessorLineKind",
    "ProcessorLineRefusal", "ProgrammeKind", "SettlementOutcome", "WriteOffKind",
]  # fmt: skip


class DisputeStatus(enum.StrEnum):
    """Where a client's dispute of a card payment stands. Won and lost are final."""

    OPENED = "opened"
    WON = "won"
    LOST = "lost"


class ProcessorLineKind(enum.StrEnum):
    """What a line of the processor's report is about."""

    CHARGE = "charge"
    REFUND = "refund"
    DISPUTE = "dispute"
    DISPUTE_REVERSAL = "dispute_reversal"
    REFUND_FAILURE = "refund_failure"
    """A refund that had succeeded came back."""
    FEE = "fee"
    ADJUSTMENT = "adjustment"
    OPENING = "opening"
    """From before the report begins here, paid out since: a part of what the processor owed then."""


class ProcessorLineRefusal(enum.StrEnum):
    """Why a line is kept and not booked."""

    OTHER_CURRENCY = "other_currency"
    """The books of its merchant account are kept in another."""


class ProcessorLineBooking(enum.StrEnum):
    """What a person booked a line as that is about nothing of ours."""

    PROCESSOR_FEE = "processor_fee"
    CHARGEBACK = "chargeback"
    BAD_DEBT = "bad_debt"
    ELSEWHERE = "elsewhere"
    """In other books than these: of a line in another currency."""


class ProcessorLineEvent(enum.StrEnum):
    """What became of a line of the processor's report."""

    PAID_OUT = "paid_out"
    SENT_BACK = "sent_back"
    """Its payout failed: the processor holds it again."""
    EXPLAINED = "explained"
    """It was paid out before it was known what it is about."""
    UNEXPLAINED = "unexplained"
    """A person took back what it was said to be about."""


class ProcessorDecision(enum.StrEnum):
    """What a person said of a line."""

    BOOKED = "booked"
    MATCHED = "matched"
    UNDONE = "undone"


class ProcessorItemReason(enum.StrEnum):
    """Why it was booked so."""

    BILLED_BY_PROCESSOR = "billed_by_processor"
    CORRECTED_BY_PROCESSOR = "corrected_by_processor"
    PENALTY = "penalty"
    TAKEN_BACK = "taken_back"
    UNEXPLAINED = "unexplained"


class BankDepositKind(enum.StrEnum):
    """What is brought to the bank."""

    CASH = "cash"
    CHECKS = "checks"


class BankDepositStatus(enum.StrEnum):
    """On its way, then confirmed by the bank."""

    SENT = "sent"
    CONFIRMED = "confirmed"


class BankMatch(enum.StrEnum):
    """What a line of the bank turned out to be."""

    PROCESSOR_PAYOUT = "processor_payout"
    BANK_DEPOSIT = "bank_deposit"
    RETURNED_CHECK = "returned_check"
    REMITTANCE = "remittance"
    PROCESSOR_FEE = "processor_fee"
    """Fees billed apart from payouts: booked by the line itself."""
    ELSEWHERE = "elsewhere"
    """Rent, wages, owners' money: booked in other books than these."""


class ProgrammeKind(enum.StrEnum):
    """Who pays in the client's place."""

    FINANCING = "financing"
    MANUFACTURER = "manufacturer"


class SettlementOutcome(enum.StrEnum):
    """What a third party did with what it was to pay."""

    SETTLED = "settled"
    REFUSED = "refused"


class WriteOffKind(enum.StrEnum):
    """A debt given up, or money that came for it after all."""

    WRITTEN_OFF = "written_off"
    RECOVERED = "recovered"
