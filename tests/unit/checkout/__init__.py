"""Checkout without a database."""
