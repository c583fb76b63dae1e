"""What can go wrong with leads and tasks."""

from __future__ import annotations

from medspa.kernel.errors import DomainError


class LeadClosed(DomainError):
    """It became a client, or was lost."""

    code = "lead-closed"
    title = "This lead is closed already"
