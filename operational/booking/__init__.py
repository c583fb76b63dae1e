"""Appointments, availability and shifts. Charting, checkout and reminders live in their own areas."""
