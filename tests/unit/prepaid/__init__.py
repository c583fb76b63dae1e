"""Arithmetic of prepaid value."""
