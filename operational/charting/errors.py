"""What the chart refuses, and what to do about it."""

from __future__ import annotations

from medspa.kernel.errors import DomainError, Invalid


class AlreadySigned(DomainError):
    code = "already-signed"
    title = "A signed record is never changed"


class NotTheAuthor(DomainError):
    status = 403
    code = "not-the-author"
    title = "Only its author edits or signs a draft"


class CredentialMissing(DomainError):
    code = "credential-missing"
    title = "The provider holds no valid credential for this treatment at this location on this date"


class LotExpired(DomainError):
    code = "lot-expired"
    title = "This lot has expired"


class LotUnusable(Invalid):
    code = "lot-unusable"
    title = "This lot cannot be used here"


class StockShort(DomainError):
    code = "stock-short"
    title = "The lot does not hold that much"


class SitesDoNotSum(Invalid):
    code = "sites-do-not-sum"
    title = "The units of the sites do not sum to the quantity"


class VisitNotOpen(DomainError):
    code = "visit-not-open"
    title = "Treatments are charted on a visit that has arrived"


class GateFailed(DomainError):
    """One or more clinical gates stand in the way; `gates` says which and what to do."""

    code = "gate-failed"
    title = "A clinical gate stands in the way"
