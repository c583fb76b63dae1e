"""Consent: templates with immutable versions, and signatures with their evidence."""
