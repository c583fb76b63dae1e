"""Password hashes: Argon2id. A check takes tens of milliseconds on purpose and runs in the thread pool."""

from __future__ import annotations

import argon2
from argon2.exceptions import VerificationError

from medspa.kernel.errors import Invalid

MIN_LENGTH = 12
MAX_LENGTH = 200

# RFC 9106, second recommended option (64 MiB, 3 passes, 4 lanes), with less memory so that 16 sign-ins at
# once fit a small machine: OWASP's 19 MiB, 2 passes, 1 lane.
_hasher = argon2.PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
_NOBODY = _hasher.hash("no account has this password")


def hash_password(password: str) -> str:
    """Raises Invalid for a password that is too short or too long."""
    if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
        raise Invalid(f"password: use between {MIN_LENGTH} and {MAX_LENGTH} characters.")
    return hash_secret(password)


def hash_secret(secret: str) -> str:
    return _hasher.hash(secret)


def verify(password: str, stored: str | None) -> bool:
    """Whether the password fits. Takes the same time when there is no account or no password."""
    try:
        _hasher.verify(stored or _NOBODY, password)
    except VerificationError:
        return False
    return stored is not None
