"""What can go wrong when other systems are told."""

from __future__ import annotations

from medspa.kernel.errors import DomainError


class AddressRefused(DomainError):
    status = 422
    code = "webhook-address"
    title = "Webhooks go to https addresses on the public internet"
