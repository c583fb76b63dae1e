"""Encryption of free text, photos and signatures: AES-256-GCM under a data key per client.

Data keys are wrapped by the organization's key, that one by the master key (a file, or a key service).
The database stores wrapped keys only. Destroying a client's key shreds that client's texts and no others.
"""

from __future__ import annotations

import os
import threading
import uuid
from dataclasses import dataclass, field
from typing import Any, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import event, text
from sqlalchemy.orm import Session, SessionTransaction

from medspa.kernel.database import TenantSession, organization_of
from medspa.kernel.settings import Settings
from operational.privacy.errors import KeyDestroyed, SealedElsewhere, VaultUnavailable
from operational.privacy.key_files import KeyFileUnusable, make_key, read_key

FORMAT = b"\x01"
_NONCE = 12
_CACHE, _FRESH, _VAULT = "medspa.vault.keys", "medspa.vault.fresh", "medspa.vault"
_ORGANIZATION_KEY = text("select vault.organization_key(cast(:offered as bytea))")
_DATA_KEY = text("select wrapped, destroyed from vault.data_key(:client, cast(:offered as bytea))")
_TOKEN_KEY = text("select generation, wrapped from vault.token_key(cast(:offered as bytea))")
_DESTROY = text("select vault.destroy_data_key(:client)")


class KeyService(Protocol):
    """Whatever holds the master key: a file here, a cloud's key service in production."""

    def wrap(self, key: bytes, context: bytes) -> bytes: ...

    def unwrap(self, wrapped: bytes, context: bytes) -> bytes: ...


@dataclass(frozen=True, repr=False)
class MasterKey:
    """The master key itself, from a file."""

    key: bytes

    def wrap(self, key: bytes, context: bytes) -> bytes:
        return _encrypt(self.key, key, b"medspa/master/1" + context)

    def unwrap(self, wrapped: bytes, context: bytes) -> bytes:
        try:
            return _decrypt(self.key, wrapped, b"medspa/master/1" + context)
        except InvalidTag:
            raise VaultUnavailable("The master key is not the one this database was made with.") from None


def load_master_key(settings: Settings) -> bytes:
    """The master key of the settings' file. In demo mode it is made at the first start.

    Raises VaultUnavailable: in live mode a key that is not there was lost or not mounted, and a new one
    would only hide that.
    """
    path = settings.master_key_path
    try:
        return read_key(path) if settings.mode == "live" else make_key(path)
    except KeyFileUnusable as error:
        raise VaultUnavailable(str(error)) from None


@dataclass(repr=False)
class Vault:
    """Seals and opens texts of the organization a session is bound to."""

    master: bytes | KeyService
    _service: KeyService = field(init=False)
    _organizations: dict[uuid.UUID, bytes] = field(init=False, default_factory=dict)
    _lock: threading.Lock = field(init=False, default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._service = MasterKey(self.master) if isinstance(self.master, bytes) else self.master

    def seal(
        self, session: Session, client_id: uuid.UUID, plaintext: bytes, *, purpose: str = "record"
    ) -> bytes:
        """`plaintext` under the client's data key, bound to organization, client and purpose.

        Raises KeyDestroyed for a client whose key was destroyed.
        """
        org = organization_of(session)
        key = self._data_key(session, org, client_id, create=True)
        return _encrypt(key, plaintext, _bound(b"client", org, client_id.bytes, purpose))

    def unseal(
        self, session: Session, client_id: uuid.UUID, sealed: bytes, *, purpose: str = "record"
    ) -> bytes:
        """The text that was sealed. Raises KeyDestroyed, or SealedElsewhere for any other binding."""
        org = organization_of(session)
        key = self._data_key(session, org, client_id, create=False)
        return _open(key, sealed, _bound(b"client", org, client_id.bytes, purpose))

    def seal_for_organization(self, session: Session, plaintext: bytes, *, purpose: str = "record") -> bytes:
        """`plaintext` under the organization's own key: secrets of staff, not texts about clients."""
        org = organization_of(session)
        return _encrypt(
            self._organization_key(session, org), plaintext, _bound(b"organization", org, b"", purpose)
        )

    def unseal_for_organization(self, session: Session, sealed: bytes, *, purpose: str = "record") -> bytes:
        org = organization_of(session)
        return _open(self._organization_key(session, org), sealed, _bound(b"organization", org, b"", purpose))

    def destroy_client_key(self, session: Session, client_id: uuid.UUID) -> None:
        """Shred the client's sealed texts, for good once the transaction commits."""
        session.execute(_DESTROY, {"client": client_id})
        session.info.pop(_CACHE, None)

    def token_key(self, session: Session) -> tuple[int, bytes]:
        """The generation and bytes of the organization's current token key; made when there is none."""
        org = organization_of(session)
        wrapping = self._organization_key(session, org)
        bound = _bound(b"token", org, b"", "token")
        row = session.execute(_TOKEN_KEY, {"offered": None}).one()
        if row.wrapped is None:
            row = session.execute(_TOKEN_KEY, {"offered": _encrypt(wrapping, os.urandom(32), bound)}).one()
        return row.generation, _open(wrapping, row.wrapped, bound)

    def _data_key(self, session: Session, org: uuid.UUID, client_id: uuid.UUID, *, create: bool) -> bytes:
        cache: dict[uuid.UUID, bytes] = session.info.setdefault(_CACHE, {})
        if client_id in cache:
            return cache[client_id]
        wrapping = self._organization_key(session, org)
        bound = _bound(b"key", org, client_id.bytes, "data")
        offered = _encrypt(wrapping, os.urandom(32), bound) if create else None
        row = session.execute(_DATA_KEY, {"client": client_id, "offered": offered}).one()
        if row.destroyed:
            raise KeyDestroyed
        if row.wrapped is None:
            raise SealedElsewhere
        key = cache[client_id] = _open(wrapping, row.wrapped, bound)
        return key

    def _organization_key(self, session: Session, org: uuid.UUID) -> bytes:
        known = self._organizations.get(org)
        if known is not None:
            return known
        wrapped = session.execute(_ORGANIZATION_KEY, {"offered": None}).scalar()
        if wrapped is None:
            offered = self._service.wrap(os.urandom(32), org.bytes)
            wrapped = session.execute(_ORGANIZATION_KEY, {"offered": offered}).scalar_one()
            session.info[_FRESH] = True
        key = self._service.unwrap(wrapped, org.bytes)
        if not session.info.get(_FRESH):
            # Kept for the process only once it is committed: texts under a key that was rolled back are lost.
            with self._lock:
                self._organizations[org] = key
        return key


def attach(session: Session, vault: Vault) -> None:
    """Let what works in `session` seal: a message that is queued deep inside another service."""
    session.info[_VAULT] = vault


def vault_of(session: Session) -> Vault:
    """The vault of a session. Raises VaultUnavailable where none was attached."""
    vault = session.info.get(_VAULT)
    if not isinstance(vault, Vault):
        raise VaultUnavailable(
            "Nothing can be sealed in this transaction: give it the process's vault with `attach`."
        )
    return vault


@event.listens_for(TenantSession, "after_transaction_end")
def _forget(session: Session, transaction: SessionTransaction) -> None:
    """Keys made inside a savepoint may be gone with it; fresh ones count as stored after the commit."""
    session.info.pop(_CACHE, None)
    if transaction.parent is None:
        session.info.pop(_FRESH, None)


def _bound(kind: bytes, org: uuid.UUID, subject: bytes, purpose: str) -> bytes:
    """Associated data: parts with their lengths, so that no two bindings have the same bytes."""
    parts = (b"medspa", kind, org.bytes, subject, purpose.encode())
    return b"".join(len(part).to_bytes(2, "big") + part for part in parts)


def _encrypt(key: bytes, plaintext: bytes, bound: bytes) -> bytes:
    nonce = os.urandom(_NONCE)
    return FORMAT + nonce + AESGCM(key).encrypt(nonce, plaintext, bound)


def _decrypt(key: bytes, sealed: bytes, bound: bytes) -> bytes:
    if sealed[:1] != FORMAT or len(sealed) < 1 + _NONCE + 16:
        raise InvalidTag
    return AESGCM(key).decrypt(sealed[1 : 1 + _NONCE], sealed[1 + _NONCE :], bound)


def _open(key: bytes, sealed: Any, bound: bytes) -> bytes:
    try:
        return _decrypt(key, bytes(sealed), bound)
    except InvalidTag:
        raise SealedElsewhere from None
