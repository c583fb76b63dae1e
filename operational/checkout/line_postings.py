"""What a line of an invoice posts (metrics, section 7: rows 1, 2, 5, 7). It is written in invoices.py."""

from __future__ import annotations

import uuid

from medspa.kernel.vocabulary import Account, DiscountReason, LedgerEvent, LineKind
from operational.checkout.drafts import Cover
from operational.checkout.pricing import Price
from operational.ledger.post import Line, across_locations
from operational.models import Invoice, InvoiceLine

REVENUE = {
    LineKind.SERVICE: Account.SERVICE_REVENUE,
    LineKind.RETAIL: Account.RETAIL_REVENUE,
    LineKind.FEE: Account.NO_SHOW_FEES,
}
DISCOUNT = {
    DiscountReason.PROMOTION: Account.DISCOUNT_PROMOTION,
    DiscountReason.MEMBER: Account.DISCOUNT_MEMBER,
    DiscountReason.EMPLOYEE: Account.DISCOUNT_EMPLOYEE,
    DiscountReason.COURTESY: Account.DISCOUNT_COURTESY,
}
PREPAID = {
    LineKind.GIFT_CARD: Account.GIFT_CARDS,
    LineKind.PACKAGE: Account.DEFERRED_PACKAGES,
    LineKind.MEMBERSHIP_DUES: Account.DEFERRED_MEMBERSHIPS,
}
EVENT = {
    LineKind.SERVICE: LedgerEvent.LINE_PERFORMED,
    LineKind.RETAIL: LedgerEvent.LINE_PERFORMED,
    LineKind.FEE: LedgerEvent.FEE_CHARGED,
    **dict.fromkeys(PREPAID, LedgerEvent.PREPAID_SOLD),
}


def postings_of(
    invoice: Invoice, line: InvoiceLine, cost: Price, contract_id: uuid.UUID | None
) -> list[Line]:
    """Row 1 (performed or handed over), row 2 (prepaid sold, at net), row 5 (a fee)."""

    def of_line(account: Account, amount: int, **keys: uuid.UUID | None) -> Line:
        return Line(account, amount, invoice.location_id, invoice_line_id=line.id, **keys)

    owed = of_line(Account.ACCOUNTS_RECEIVABLE, cost.net_minor + cost.tax_minor, invoice_id=invoice.id)
    taxes = [
        of_line(Account.SALES_TAX_PAYABLE, -part.tax_minor, jurisdiction_id=part.jurisdiction_id)
        for part in cost.taxes
    ]
    if line.kind in PREPAID:
        keys = {"gift_card_id": line.gift_card_id, "contract_id": contract_id}
        return [owed, of_line(PREPAID[line.kind], -cost.net_minor, **keys), *taxes]
    discounts = [of_line(DISCOUNT[line.discount_reason], cost.discount_minor)] if line.discount_reason else []
    return [owed, *discounts, of_line(REVENUE[line.kind], -cost.list_minor), *taxes]


def use_of(line: InvoiceLine, cover: Cover) -> list[Line]:
    """Row 7, and row 31 where it is used elsewhere than it is owed: liability to revenue."""
    held = cover.held
    return across_locations(
        [
            Line(
                held.account,
                cover.value_minor,
                held.entitlement.location_id,
                contract_id=held.contract_id,
                invoice_line_id=line.id,
            ),
            Line(Account.SERVICE_REVENUE, -cover.value_minor, line.location_id, invoice_line_id=line.id),
        ]
    )
