"""What stands in the way of a valid consent, and what to do."""

from __future__ import annotations

from medspa.kernel.errors import DomainError, Invalid


class NoPublishedVersion(DomainError):
    code = "consent-not-published"
    title = "This consent form has no published wording yet"


class VersionOutdated(DomainError):
    code = "consent-version-outdated"
    title = "A newer wording of this consent form has been published"


class WordingChanged(DomainError):
    code = "consent-wording-changed"
    title = "What would be signed is not what was shown"


class DisclosureNotAccepted(Invalid):
    code = "disclosure-not-accepted"
    title = "The electronic-records disclosure must be accepted before signing"


class RepresentativeNeeded(Invalid):
    code = "representative-needed"
    title = "A representative signs for a minor"


class SignatureUnreadable(Invalid):
    code = "signature-unreadable"
    title = "The signature could not be read"
