"""Checkout: invoices, payments, credit memos, payouts, and the card processor behind a port.

Balances are sums of postings; what an event posts follows the ledger's table. Drawers and the close of a
day live in the ledger's area, prices and taxes in the catalogue and the organization's.
"""
