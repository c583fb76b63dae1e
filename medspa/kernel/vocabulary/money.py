"""Words of money: accounts, tenders, line kinds, document and session states."""

from __future__ import annotations

import enum

__all__ = [
    "Account", "AllocationSource", "AttemptState", "CreditReason", "DayStatus", "DiscountReason",
    "DrawerKind", "DrawerMovementKind", "DrawerStatus", "InvoiceStatus", "LedgerEvent", "LineKind",
    "PaymentPurpose",
    "PaymentStatus", "QuantityReason", "SubledgerKey", "Tender",
]  # fmt: skip


class Account(enum.StrEnum):
    """The base chart of accounts (metrics, section 7)."""

    CASH_DRAWER = "1000"
    CASH_IN_TRANSIT = "1005"
    CHECKS_TO_DEPOSIT = "1010"
    CARD_CLEARING = "1020"
    THIRD_PARTY_RECEIVABLE = "1030"
    DISPUTED_FUNDS = "1040"
    ACCOUNTS_RECEIVABLE = "1100"
    BANK = "1200"
    UNMATCHED_ITEMS = "1290"
    INVENTORY = "1300"
    DUE_FROM_LOCATIONS = "1900"
    RECEIVED_NOT_INVOICED = "2050"
    CLIENT_DEPOSITS = "2100"
    ACCOUNT_CREDIT = "2110"
    GIFT_CARDS = "2200"
    GIFT_CARD_BREAKAGE_ALLOWANCE = "2209"
    DEFERRED_PACKAGES = "2300"
    PACKAGE_BREAKAGE_ALLOWANCE = "2309"
    DEFERRED_MEMBERSHIPS = "2310"
    MEMBERSHIP_BREAKAGE_ALLOWANCE = "2319"
    SALES_TAX_PAYABLE = "2400"
    TIPS_PAYABLE = "2500"
    COMMISSIONS_PAYABLE = "2510"
    UNCLAIMED_PROPERTY = "2600"
    DUE_TO_LOCATIONS = "2900"
    OPENING_BALANCES = "3000"
    SERVICE_REVENUE = "4000"
    RETAIL_REVENUE = "4010"
    MEMBERSHIP_DUES = "4020"
    NO_SHOW_FEES = "4030"
    BREAKAGE_REVENUE = "4090"
    DISCOUNTS = "4800"
    DISCOUNT_PROMOTION = "4801"
    DISCOUNT_MEMBER = "4802"
    DISCOUNT_EMPLOYEE = "4803"
    DISCOUNT_COURTESY = "4804"
    PROMOTIONAL_VALUE_USED = "4805"
    CREDIT_MEMOS = "4810"
    PRODUCT_USED = "5000"
    RETAIL_COST = "5010"
    WASTE_AND_EXPIRY = "5020"
    CASH_OVER_SHORT = "6000"
    CASH_ROUNDING = "6005"
    PROCESSOR_FEES = "6010"
    BAD_DEBT = "6020"
    CHARGEBACKS = "6030"
    TIPS_BORNE_BY_HOUSE = "6040"
    PETTY_CASH = "6050"
    COMMISSIONS = "6110"


class SubledgerKey(enum.StrEnum):
    """The key an account requires on each of its postings; `none` when it requires none."""

    NONE = "none"
    INVOICE = "invoice_id"
    CLIENT = "client_id"
    GIFT_CARD = "gift_card_id"
    CONTRACT = "contract_id"
    PROVIDER = "provider_id"
    MERCHANT_ACCOUNT = "merchant_account_id"
    PROGRAMME = "programme_id"
    OTHER_LOCATION = "other_location_id"
    JURISDICTION = "jurisdiction_id"


class LedgerEvent(enum.StrEnum):
    """What an entry records (a row of metrics, section 7)."""

    LINE_PERFORMED = "line_performed"
    PREPAID_SOLD = "prepaid_sold"
    PAYMENT_TAKEN = "payment_taken"
    BALANCE_APPLIED = "balance_applied"
    FEE_CHARGED = "fee_charged"
    CREDIT_MEMO_ISSUED = "credit_memo_issued"
    PREPAID_USED = "prepaid_used"
    PREPAID_CREDITED = "prepaid_credited"
    PREPAID_EXPIRED = "prepaid_expired"
    DUES_EARNED = "dues_earned"
    BREAKAGE_RECOGNISED = "breakage_recognised"
    DEPOSIT_RETURNED = "deposit_returned"
    CREDIT_PAID_OUT = "credit_paid_out"
    TIP_REFUNDED = "tip_refunded"
    TIPS_PAID_OUT = "tips_paid_out"
    FLOAT_FUNDED = "float_funded"
    CASH_PAID_IN = "cash_paid_in"
    CASH_PAID_OUT = "cash_paid_out"
    CASH_DROPPED = "cash_dropped"
    OVER_SHORT = "over_short"
    UNMATCHED_RESOLVED = "unmatched_resolved"
    DISPUTE_OPENED = "dispute_opened"
    DISPUTE_WON = "dispute_won"
    DISPUTE_LOST = "dispute_lost"
    DISPUTE_BILLED_AGAIN = "dispute_billed_again"
    PROCESSOR_PAID_OUT = "processor_paid_out"
    PROCESSOR_PAYOUT_FAILED = "processor_payout_failed"
    PROCESSOR_LINE_BOOKED = "processor_line_booked"
    REFUND_FAILED = "refund_failed"
    CHECKS_DEPOSITED = "checks_deposited"
    CASH_BANKED = "cash_banked"
    CHECK_RETURNED = "check_returned"
    THIRD_PARTY_SETTLED = "third_party_settled"
    THIRD_PARTY_REFUSED = "third_party_refused"
    WRITTEN_OFF = "written_off"
    RECOVERED = "recovered"
    BALANCE_CASHED_OUT = "balance_cashed_out"
    BANK_LINE_UNMATCHED = "bank_line_unmatched"
    BANK_LINE_BOOKED = "bank_line_booked"
    REVERSAL = "reversal"
    CUTOVER = "cutover"


class Tender(enum.StrEnum):
    """Money tenders. Applied balances are not tenders."""

    CASH = "cash"
    CHECK = "check"
    CARD = "card"
    ACH = "ach"
    THIRD_PARTY = "third_party"
    UNKNOWN = "unknown"
    """Of an imported history only: the earlier system did not say."""


class AllocationSource(enum.StrEnum):
    """What settled part of an invoice."""

    PAYMENT = "payment"
    DEPOSIT = "deposit"
    ACCOUNT_CREDIT = "account_credit"
    GIFT_CARD = "gift_card"


class LineKind(enum.StrEnum):
    """What an invoice line sells."""

    SERVICE = "service"
    RETAIL = "retail"
    FEE = "fee"
    GIFT_CARD = "gift_card"
    PACKAGE = "package"
    MEMBERSHIP_DUES = "membership_dues"


class DiscountReason(enum.StrEnum):
    """Why a line was discounted; each has its own account under 4800."""

    PROMOTION = "promotion"
    MEMBER = "member"
    EMPLOYEE = "employee"
    COURTESY = "courtesy"


class QuantityReason(enum.StrEnum):
    """Why billed units differ from charted ones."""

    COURTESY_UNITS = "courtesy_units"
    CORRECTION_NOT_BILLED = "correction_not_billed"
    QUOTED_PRICE = "quoted_price"
    WASTE_SHARED = "waste_shared"


class CreditReason(enum.StrEnum):
    """Why a credit memo was issued."""

    DISSATISFIED = "dissatisfied"
    BILLING_ERROR = "billing_error"
    PRICE_ADJUSTMENT = "price_adjustment"
    RETURNED_GOODS = "returned_goods"
    GOODWILL = "goodwill"


class InvoiceStatus(enum.StrEnum):
    """An issued invoice never changes; a void in the open day reverses it."""

    ISSUED = "issued"
    VOIDED = "voided"


class PaymentPurpose(enum.StrEnum):
    """What a payment was taken for."""

    INVOICE = "invoice"
    DEPOSIT = "deposit"


class PaymentStatus(enum.StrEnum):
    """Where a payment or payout stands. Only `succeeded` has postings."""

    PENDING = "pending"
    SUCCEEDED = "succeeded"
    DECLINED = "declined"
    UNKNOWN = "unknown"


class AttemptState(enum.StrEnum):
    """Where one call to the processor stands."""

    CREATED = "created"
    SUCCEEDED = "succeeded"
    DECLINED = "declined"
    UNKNOWN = "unknown"


class DrawerKind(enum.StrEnum):
    """A physical drawer, or the virtual sessions of online and billing takings."""

    PHYSICAL = "physical"
    ONLINE = "online"
    BILLING = "billing"


class DrawerStatus(enum.StrEnum):
    """A session is open, then counted blind and closed in one step."""

    OPEN = "open"
    CLOSED = "closed"


class DrawerMovementKind(enum.StrEnum):
    """Cash that moves without a sale."""

    PAID_IN = "paid_in"
    PAID_OUT = "paid_out"
    DROP = "drop"
    TIPS_PAID = "tips_paid"


class DayStatus(enum.StrEnum):
    """A business day of a location."""

    OPEN = "open"
    CLOSED = "closed"
