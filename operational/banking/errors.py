"""What can go wrong between the practice, its bank and third parties."""

from __future__ import annotations

from medspa.kernel.errors import DomainError, Invalid


class NotInHand(DomainError):
    """More cash than is in transit, or a check that is not waiting at this location."""

    code = "not-in-hand"
    title = "This is not waiting to be brought to the bank"


class AlreadyConfirmed(DomainError):
    code = "already-confirmed"
    title = "The bank has confirmed this deposit already"


class NotReturnable(DomainError):
    code = "not-returnable"
    title = "Only a deposited check can be returned, and once"


class ProgrammeTaken(DomainError):
    code = "programme-taken"
    title = "A programme of this name exists"


class NotOwedByProgramme(DomainError):
    code = "not-owed-by-programme"
    title = "The programme does not owe this payment"


class StatementUnreadable(Invalid):
    """`row` numbers the line; its content is never repeated."""

    code = "statement-unreadable"
    title = "The statement is not CSV with the columns booked_on, amount and, if wanted, description and id"


class DoesNotMatch(DomainError):
    code = "does-not-match"
    title = "The line is not about this"


class AlreadyMatched(DomainError):
    code = "already-matched"
    title = "The bank's line is matched already"


class LineInOtherCurrency(DomainError):
    """Nothing of it is posted: amounts of two currencies are never summed."""

    code = "line-in-other-currency"
    title = "The line is not in the currency of the books: it is booked elsewhere, or left as it is"


class NothingToUndo(DomainError):
    code = "nothing-to-undo"
    title = "No person's word of this line stands; what the processor itself told is not undone"


class ReportBegun(DomainError):
    code = "report-begun"
    title = "The account's report is read already: the day with which it begins stays"


class TakenBefore(DomainError):
    code = "taken-before"
    title = "The account has taken a card payment here before the day with which its report would begin"


class ItemResolved(DomainError):
    code = "item-resolved"
    title = "The processor's line is explained already, or not paid out yet"
