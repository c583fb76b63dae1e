"""Builders of valid records for tests, one module per area. Rules under test are never repeated here."""
