"""What was imported from another system: runs and the rows that were taken. Refused rows leave nothing."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlalchemy.orm import Mapped

from operational.models.base import (
    Base,
    DirectText,
    KeyId,
    SafeId,
    SafeInt,
    SafeText,
    TokenRow,
    tenant_fk,
)


class ImportRun(TokenRow, Base):
    """One import that was carried through, with what became of the rows it read."""

    __tablename__ = "import_run"
    __extracted__ = False
    __append_only__ = True

    system: Mapped[SafeText]
    location_id: Mapped[SafeId]
    mapping_sha256: Mapped[SafeText]
    rows_read: Mapped[SafeInt]
    rows_imported: Mapped[SafeInt]
    rows_merged: Mapped[SafeInt]
    rows_known: Mapped[SafeInt]
    """Taken by an earlier run."""
    rows_refused: Mapped[SafeInt]

    __table_args__ = (
        tenant_fk("location", "location_id"),
        CheckConstraint(
            "rows_read = rows_imported + rows_merged + rows_known + rows_refused", name="every_row"
        ),
    )


class ImportRow(TokenRow, Base):
    """A source row that was taken, known by a digest of its cells, so that it is never taken twice."""

    __tablename__ = "import_row"
    __extracted__ = False
    __append_only__ = True

    run_id: Mapped[KeyId]
    fingerprint: Mapped[DirectText]
    kind: Mapped[SafeText]
    """The file's kind: `customers`, `transactions`, `balances`."""
    row_no: Mapped[SafeInt]
    outcome: Mapped[SafeText]
    client_id: Mapped[KeyId | None]

    __table_args__ = (
        tenant_fk("import_run", "run_id"),
        tenant_fk("client", "client_id"),
        UniqueConstraint("org_id", "fingerprint"),
        CheckConstraint("outcome in ('imported', 'merged')", name="outcome"),
    )
