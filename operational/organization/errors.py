"""What the organization's set-up refuses beyond values that are not acceptable."""

from __future__ import annotations

from medspa.kernel.errors import DomainError


class AccountUsed(DomainError):
    """Its payments and the processor's report are about the account of this name."""

    code = "account-used"
    title = "The merchant account is in use under its name: create another for another account"
