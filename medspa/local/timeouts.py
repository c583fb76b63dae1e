"""Time limits per kind of role, set on the role so that they also hold on an external server."""

from __future__ import annotations

REQUEST = {
    # Longer than any request; an endpoint that hangs must not hold locks or hold back change capture.
    "idle_in_transaction_session_timeout": "60s",
    "statement_timeout": "60s",
}

REPORT = {
    "idle_in_transaction_session_timeout": "60s",
    "statement_timeout": "30s",
    "default_transaction_read_only": "on",
}

BATCH = {
    # Extraction holds one snapshot over all tables while it writes files between two reads.
    "idle_in_transaction_session_timeout": "15min",
}

MIGRATION = {
    "idle_in_transaction_session_timeout": "15min",
    # A migration that cannot get its lock gives up instead of queueing every request behind itself.
    "lock_timeout": "10s",
}
