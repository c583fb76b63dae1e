"""Telling other systems: signed webhooks of visits, and calendars to subscribe to."""
