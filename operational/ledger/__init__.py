"""The ledger: postings, business days, balances, drawers and the day close.

What an event of another area posts is decided by that area; how a posting is written, checked and
frozen is decided here.
"""
