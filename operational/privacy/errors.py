"""What can go wrong with the audit trail and the vault."""

from __future__ import annotations

from medspa.kernel.errors import DomainError


class AuditClosed(DomainError):
    """Protected health information was about to leave a transaction that opened no audit header. A bug."""

    status = 500
    code = "audit-closed"
    title = "This read was not audited, so nothing was returned"


class KeyDestroyed(DomainError):
    """The client's data key was destroyed: their texts cannot be read or written any more."""

    status = 410
    code = "key-destroyed"
    title = "This client's texts were erased"


class VaultUnavailable(DomainError):
    """The master key is missing, or is not the one the keys were wrapped with."""

    status = 503
    code = "vault-unavailable"
    title = "Encrypted texts cannot be opened"


class SealedElsewhere(DomainError):
    """Sealed bytes do not belong to this client, organization or purpose, or were altered."""

    status = 500
    code = "sealed-elsewhere"
    title = "A stored text could not be opened"


class AuditKeyUnavailable(DomainError):
    """The key that signs audit blocks is missing or unreadable."""

    status = 503
    code = "audit-key-unavailable"
    title = "Audit blocks cannot be signed"


class AuditChainBroken(DomainError):
    """The stored blocks do not continue what was anchored: sealing on would hide it."""

    status = 500
    code = "audit-chain-broken"
    title = "The audit blocks do not match their anchors"
