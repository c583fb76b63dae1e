"""Where batches lie, behind any fsspec URL: `g0001/b0000000007/<table>.parquet` and `manifest.json`.

Folders without a manifest are unfinished: never read, removed when their number is used again.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import fsspec
from fsspec.implementations.local import LocalFileSystem

from pipelines.errors import LakeDamaged
from pipelines.land.manifest import NAME, LandedFile, Manifest

_GENERATION = re.compile(r"^g(\d{4,})$")
_BATCH = re.compile(r"^b(\d{10})$")
_READ_BLOCK = 1 << 20


class HashingFile:
    """A file being written whose SHA-256 and size are known at the end."""

    def __init__(self, handle: IO[bytes]) -> None:
        self._handle = handle
        self._digest = hashlib.sha256()
        self.size = 0
        self.closed = False

    def write(self, data: bytes) -> int:
        self._digest.update(data)
        self.size += len(data)
        self._handle.write(data)
        return len(data)

    def flush(self) -> None:
        self._handle.flush()

    def close(self) -> None:
        self.closed = True

    def hexdigest(self) -> str:
        return self._digest.hexdigest()


@dataclass(frozen=True)
class BatchRef:
    """The place of one batch."""

    generation: int
    batch_id: int

    @property
    def folder(self) -> str:
        return f"g{self.generation:04d}/b{self.batch_id:010d}"


class Lake:
    """The files under one URL."""

    def __init__(self, url: str) -> None:
        self._fs, root = fsspec.core.url_to_fs(url)
        self._root = root.rstrip("/")
        self._local = isinstance(self._fs, LocalFileSystem)
        if self._local:
            # Pseudonymised data is still protected health information: nobody else on this machine reads it.
            Path(self._root).mkdir(mode=0o700, parents=True, exist_ok=True)

    def batches(self) -> list[BatchRef]:
        """Finished batches, oldest first."""
        return [ref for ref in self._folders() if self._fs.exists(self._path(ref, NAME))]

    def last(self) -> Manifest | None:
        """The manifest of the newest finished batch."""
        for ref in reversed(self._folders()):
            if self._fs.exists(self._path(ref, NAME)):
                return self.manifest(ref)
        return None

    def manifest(self, ref: BatchRef) -> Manifest:
        try:
            return Manifest.decode(self._fs.cat_file(self._path(ref, NAME)))
        except (ValueError, TypeError, KeyError, FileNotFoundError):
            raise LakeDamaged(f"The manifest of batch {ref.batch_id} cannot be read.") from None

    def discard(self, ref: BatchRef) -> None:
        """Remove what an unfinished batch left. Raises LakeDamaged for a finished one."""
        if self._fs.exists(self._path(ref, NAME)):
            raise LakeDamaged(f"Batch {ref.batch_id} is finished and stays.")
        folder = self._path(ref)
        if self._fs.exists(folder):
            self._fs.rm(folder, recursive=True)

    @contextlib.contextmanager
    def writing(self, ref: BatchRef, name: str) -> Iterator[HashingFile]:
        """A new file of an unfinished batch."""
        self._fs.makedirs(self._path(ref), exist_ok=True)
        with self._fs.open(self._path(ref, name), "wb") as handle:
            yield HashingFile(handle)
            self._sync(handle)

    def finish(self, ref: BatchRef, manifest: Manifest) -> None:
        """Write the manifest: from here on the batch exists. Whole or not at all, also after a power cut."""
        target = self._path(ref, NAME)
        if not self._local:
            self._fs.pipe_file(target, manifest.encode())
            return
        temporary = self._path(ref, f".{NAME}.{os.getpid()}")
        with self._fs.open(temporary, "wb") as handle:
            handle.write(manifest.encode())
            self._sync(handle)
        Path(temporary).replace(target)
        self._sync_folder(Path(target).parent)

    def open(self, ref: BatchRef, file: LandedFile) -> IO[bytes]:
        handle: IO[bytes] = self._fs.open(self._path(ref, file.path), "rb")
        return handle

    def location(self, ref: BatchRef, file: LandedFile) -> str:
        """A name that DuckDB and pyarrow can open through `filesystem`."""
        return self._path(ref, file.path)

    @property
    def filesystem(self) -> Any:
        return self._fs

    @property
    def is_local(self) -> bool:
        return self._local

    def verify(self, ref: BatchRef, name: str, file: LandedFile) -> None:
        """Raises LakeDamaged when the file is missing or is not what its manifest says."""
        digest = hashlib.sha256()
        try:
            with self.open(ref, file) as handle:
                while block := handle.read(_READ_BLOCK):
                    digest.update(block)
        except FileNotFoundError:
            raise LakeDamaged(f"Batch {ref.batch_id}: the file of {name} is missing.") from None
        if digest.hexdigest() != file.sha256:
            raise LakeDamaged(f"Batch {ref.batch_id}: the file of {name} is not the one that was landed.")

    def _folders(self) -> list[BatchRef]:
        found = [
            BatchRef(generation, batch_id)
            for generation in self._numbers("", _GENERATION)
            for batch_id in self._numbers(f"g{generation:04d}", _BATCH)
        ]
        return sorted(found, key=lambda ref: ref.batch_id)

    def _numbers(self, folder: str, pattern: re.Pattern[str]) -> list[int]:
        try:
            entries = self._fs.ls(f"{self._root}/{folder}".rstrip("/"), detail=False)
        except FileNotFoundError:
            return []
        names = (str(entry).rstrip("/").rsplit("/", 1)[-1] for entry in entries)
        return [int(match.group(1)) for match in map(pattern.match, names) if match]

    def _path(self, ref: BatchRef, name: str = "") -> str:
        return f"{self._root}/{ref.folder}/{name}".rstrip("/")

    def _sync(self, handle: IO[bytes]) -> None:
        if self._local:
            handle.flush()
            os.fsync(handle.fileno())

    @staticmethod
    def _sync_folder(folder: Path) -> None:
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
