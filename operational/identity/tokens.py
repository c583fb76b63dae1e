"""Random tokens and their digests. Only digests are stored; a token is shown once."""

from __future__ import annotations

import hashlib
import hmac
import secrets

API_KEY_PREFIX = "msk_"


def new_token() -> str:
    """256 random bits, URL-safe."""
    return secrets.token_urlsafe(32)


def new_api_key() -> str:
    return API_KEY_PREFIX + new_token()


def digest(token: str) -> str:
    """SHA-256 in hex. Enough for random tokens, which nobody can guess; passwords use Argon2."""
    return hashlib.sha256(token.encode()).hexdigest()


def email_digest(address: str) -> str:
    return digest(address.strip().lower())


def csrf_token(session_token: str) -> str:
    """The CSRF token of a session: derived, so that any page can ask for it again."""
    return hmac.new(session_token.encode(), b"csrf", hashlib.sha256).hexdigest()


def matches(token: str, expected_digest: str) -> bool:
    return hmac.compare_digest(digest(token), expected_digest)
