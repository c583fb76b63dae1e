"""Row tokens: the AES-256 permutation by which row ids are known outside, and who is given its keys.

Tokens are made in bulk by the pipeline; here single ones are turned, for links back into the record.
"""

from __future__ import annotations

import uuid
from typing import NamedTuple

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import ECB
from sqlalchemy import text
from sqlalchemy.orm import Session

from medspa.kernel.database import make_engine, session_scope
from medspa.kernel.settings import Settings
from operational.privacy.vault import Vault, load_master_key


class TokenKey(NamedTuple):
    """An organization's token key and its generation: a new key is a new generation of the lake."""

    generation: int
    key: bytes


def export_token_keys(settings: Settings) -> dict[uuid.UUID, TokenKey]:
    """Every organization's current token key, missing ones made. For the composition root only.

    It hands them to the process that extracts; nothing that reads the lake or the warehouse gets them.
    """
    vault = Vault(load_master_key(settings))
    engine = make_engine(settings.operational_dsn("maintenance"), application_name="medspa-token-keys")
    try:
        with session_scope(engine) as session:
            organizations = list(session.scalars(text("select vault.organizations()")))
        keys = {}
        for org in organizations:
            with session_scope(engine, org) as session:
                keys[org] = TokenKey(*vault.token_key(session))
        return keys
    finally:
        engine.dispose()


def token_of(session: Session, vault: Vault, row_id: uuid.UUID) -> uuid.UUID:
    """The token of a row id of the session's organization."""
    cipher = _cipher(vault.token_key(session)[1]).encryptor()
    return uuid.UUID(bytes=cipher.update(row_id.bytes) + cipher.finalize())


def detoken(session: Session, vault: Vault, token: uuid.UUID) -> uuid.UUID:
    """The row id behind a token. Any 16 bytes have one: whether the row exists is for the caller to find."""
    cipher = _cipher(vault.token_key(session)[1]).decryptor()
    return uuid.UUID(bytes=cipher.update(token.bytes) + cipher.finalize())


def _cipher(key: bytes) -> Cipher[ECB]:
    return Cipher(AES(key), ECB())  # noqa: S305 - one random-looking block per id: a permutation is what is wanted
