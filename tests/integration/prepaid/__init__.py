"""Packages, memberships and what a day's close recognises of them."""
