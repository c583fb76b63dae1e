"""What a landed batch says of itself. A batch exists when its manifest does. No row values are in it."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from dataclasses import dataclass
from typing import Any, Literal

FORMAT = 1
NAME = "manifest.json"
CONTROLS = "_control_totals"
"""The file of the control totals, listed among the files like a table."""
Totals = Literal["whole", "touched"]


@dataclass(frozen=True)
class LandedFile:
    """One file of a batch. A table without rows has an entry and no file."""

    rows: int
    path: str = ""
    sha256: str = ""
    bytes: int = 0


@dataclass(frozen=True)
class Manifest:
    """`snapshot` is the watermark the next batch continues from; `reason` says why a batch is full; `totals`
    whether the whole source was counted for it or the days it touched."""

    batch_id: int
    lake_generation: int
    kind: Literal["full", "incremental"]
    reason: str
    snapshot: str
    extracted_at: str
    source: dict[str, Any]
    schema_hash: str
    key_generations: dict[str, int]
    key_checks: dict[str, str]
    files: dict[str, LandedFile]
    totals: Totals = "whole"
    format: int = FORMAT

    @property
    def rows(self) -> int:
        return sum(file.rows for name, file in self.files.items() if name != CONTROLS)

    def encode(self) -> bytes:
        return (json.dumps(dataclasses.asdict(self), indent=1, sort_keys=True) + "\n").encode()

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.encode()).hexdigest()

    @classmethod
    def decode(cls, data: bytes) -> Manifest:
        """Raises ValueError or TypeError when the bytes are no manifest of a known format."""
        values = json.loads(data)
        if values.get("format") != FORMAT:
            raise ValueError(f"manifest format {values.get('format')!r} is not known")
        values["files"] = {name: LandedFile(**file) for name, file in values["files"].items()}
        return cls(**values)
