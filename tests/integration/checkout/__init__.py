"""Checkout over real databases."""
