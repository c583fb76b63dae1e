"""Document numbers: gap-free per location and kind, given under the counter's row lock.

Taken late in a transaction: the lock makes documents of one location wait for each other's commit, and
a rollback gives the number back.
"""

from __future__ import annotations

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from medspa.kernel.database import organization_of
from operational.models import DocumentCounter, Location

INVOICE = "invoice"
CREDIT_MEMO = "credit_memo"
_PREFIX = {INVOICE: "", CREDIT_MEMO: "CM-"}


def next_number(session: Session, kind: str, location: Location) -> str:
    """The next number of a location's documents: `N-000123`, `CM-N-000004`."""
    statement = insert(DocumentCounter).values(
        org_id=organization_of(session), kind=kind, location_id=location.id, last_number=1
    )
    number = session.execute(
        statement.on_conflict_do_update(
            index_elements=["org_id", "kind", "location_id"],
            set_={"last_number": DocumentCounter.last_number + 1},
        ).returning(DocumentCounter.last_number)
    ).scalar_one()
    return f"{_PREFIX[kind]}{location.code}-{number:06d}"
