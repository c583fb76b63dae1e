"""What can go wrong at the desk, each as a problem document that says what to fix."""

from __future__ import annotations

from medspa.kernel.errors import DomainError, Invalid


class IdempotencyKeyMissing(DomainError):
    status = 400
    code = "idempotency-key-missing"
    title = "Send an Idempotency-Key header with 1 to 255 printable characters"


class IdempotencyKeyReused(DomainError):
    """The key was first used for another request; nothing was done."""

    status = 422
    code = "idempotency-key-reused"
    title = "This Idempotency-Key belongs to another request; send a new one"


class InProgress(DomainError):
    status = 409
    code = "in-progress"
    title = "The first request with this Idempotency-Key is still being worked on; ask again shortly"


class CardNumberRefused(Invalid):
    """A card number reached us. It is refused before anything is stored, and never repeated."""

    code = "card-number-refused"
    title = "Card numbers must not be sent here; send the payment token of the processor's form"


class NothingToInvoice(DomainError):
    code = "nothing-to-invoice"
    title = "There is nothing to invoice: no performed item is left without an invoice"


class AlreadyInvoiced(DomainError):
    code = "already-invoiced"
    title = "This has been invoiced already"


class NotCharted(DomainError):
    """A service billed by unit has no signed treatment record to take the quantity from."""

    code = "not-charted"
    title = "Sign the treatment record first: this service is billed by its charted units"


class QuantityNeedsReason(Invalid):
    code = "quantity-needs-reason"
    title = "The billed quantity differs from the charted one: send a reason code"


class MoreThanDue(DomainError):
    code = "more-than-due"
    title = "The amount is more than is due"


class WrongCurrency(Invalid):
    code = "wrong-currency"
    title = "The currency is not the location's"


class TenderedTooLittle(Invalid):
    code = "tendered-too-little"
    title = "The cash handed over is less than the amount to pay"


class DrawerNotOpen(DomainError):
    code = "drawer-not-open"
    title = "The drawer session is not open at this location"


class DrawerUnfit(Invalid):
    code = "drawer-unfit"
    title = "This tender needs a session of a physical drawer"


class CardDeclined(DomainError):
    status = 402
    code = "card-declined"
    title = "The card was declined"


class BalanceTooLow(DomainError):
    code = "balance-too-low"
    title = "The balance does not cover this amount"


class GiftCardNotUsable(DomainError):
    code = "gift-card-not-usable"
    title = "This gift card cannot be used"


class MoreThanRemains(DomainError):
    """A credit above what is left of the line."""

    code = "more-than-remains"
    title = "The amount is more than remains of the line"


class MoreThanCameIn(DomainError):
    """A credit of what is written off, or of what a dispute or a third party took back."""

    code = "more-than-came-in"
    title = (
        "The amount is more than is owed and was paid: reverse the write-off (a recovery) or bill the"
        " dispute again first"
    )


class MoreThanRefundable(DomainError):
    code = "more-than-refundable"
    title = "The amount is more than can still be refunded"


class NotRefundable(DomainError):
    code = "not-refundable"
    title = "This payment cannot be refunded"


class NoMerchantAccount(DomainError):
    code = "no-merchant-account"
    title = "The location's legal entity has no merchant account for cards"


class InvoiceVoided(DomainError):
    code = "invoice-voided"
    title = "The invoice has been voided"


class NotVoidable(DomainError):
    code = "not-voidable"
    title = "Only an invoice of an open day without money on it can be voided"


class SignatureRefused(DomainError):
    status = 401
    code = "signature-refused"
    title = "The signature of this event is not valid"


class ProcessorMisused(DomainError):
    """One request key was sent with two different requests: a bug on our side, never the client's."""

    status = 500
    code = "processor-misused"
    title = "The card processor refused the request as inconsistent"


class ProcessorSilent(DomainError):
    """The processor's report could not be read; it is read again later."""

    status = 503
    code = "processor-silent"
    title = "The card processor does not answer"


class AccountUnnamed(DomainError):
    """It takes no cards and its report is not read: several without a name would be one account."""

    code = "account-unnamed"
    title = "The merchant account's processor_account names no account of the card processor"


class DisputeNotLost(DomainError):
    code = "dispute-not-lost"
    title = "Only a lost dispute of an invoice's payment is billed again, and once"


class ProgrammeUnfit(Invalid):
    code = "programme-unfit"
    title = "This programme does not take payments"


class MoreThanWrittenOff(DomainError):
    code = "more-than-written-off"
    title = "The amount is more than is written off and not recovered"


class PrepaidUnredeemed(DomainError):
    """What nobody paid for is not left to be used: a loss of its price would make it a gift."""

    code = "prepaid-unredeemed"
    title = "The invoice sold a gift card or a package that is not used up: void or credit that line first"
