"""The second store of block heads, outside the database, and the key that signs them.

Whoever can write the database cannot write here. The port has one implementation, an append-only file;
an object store with a retention lock takes its place without changes elsewhere.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from medspa.kernel.settings import Settings
from operational.privacy.errors import AuditKeyUnavailable
from operational.privacy.key_files import KeyFileUnusable, make_key, read_key, sync_folder


@dataclass(frozen=True)
class Anchor:
    """A block's head as it was sealed. Bytes as hex."""

    number: int
    hash: str
    signature: str
    key_id: str
    row_count: int
    sealed_at: str


class AnchorStore(Protocol):
    """Somewhere that keeps anchors and never gives one up."""

    def append(self, anchor: Anchor) -> None:
        """Keep it durably before returning."""

    def read(self) -> Iterator[Anchor]:
        """All of them, in the order they were appended. Raises AnchorUnreadable."""


class AnchorUnreadable(RuntimeError):
    """The second store holds something that is no anchor; the message says where."""


@dataclass(frozen=True)
class AnchorFile:
    """Anchors as lines of JSON in a file that is only ever appended to."""

    path: Path

    def append(self, anchor: Anchor) -> None:
        new = not self.path.exists()
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            os.write(descriptor, (json.dumps(asdict(anchor), sort_keys=True) + "\n").encode())
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        if new:
            sync_folder(self.path.parent)

    def read(self) -> Iterator[Anchor]:
        if not self.path.exists():
            return
        for line_no, line in enumerate(self.path.read_text().splitlines(), start=1):
            try:
                yield Anchor(**json.loads(line))
            except (TypeError, ValueError):
                raise AnchorUnreadable(f"line {line_no} of {self.path} is not an anchor") from None


@dataclass(frozen=True, repr=False)
class Signer:
    """The Ed25519 key that signs block hashes. Its id is the digest of its public half."""

    key: Ed25519PrivateKey

    @property
    def key_id(self) -> str:
        public = self.key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        return hashlib.sha256(public).hexdigest()[:16]

    def sign(self, block_hash: bytes) -> bytes:
        return self.key.sign(_message(block_hash))

    def signed(self, block_hash: bytes, signature: bytes) -> bool:
        try:
            self.key.public_key().verify(signature, _message(block_hash))
        except InvalidSignature:
            return False
        return True


def load_signer(settings: Settings, *, create: bool) -> Signer:
    """The signer of the settings' key file; made on first use when `create`. Raises AuditKeyUnavailable."""
    path = settings.audit_key_path
    try:
        seed = make_key(path) if create else read_key(path)
    except KeyFileUnusable as error:
        raise AuditKeyUnavailable(str(error)) from None
    return Signer(Ed25519PrivateKey.from_private_bytes(seed))


def anchor_store(settings: Settings) -> AnchorStore:
    return AnchorFile(settings.audit_anchor_folder / "anchors.jsonl")


def _message(block_hash: bytes) -> bytes:
    return b"medspa audit block hash\0" + block_hash
