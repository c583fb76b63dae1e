"""Which tables' rows follow their client into the record it is merged with; the others stay as written.

Documents of money keep who they were issued to; what is sealed stays under the key it was sealed with; what
is append-only cannot change. Those are read over all records of the person (operational.client_records).
"""

from __future__ import annotations

from typing import cast

from sqlalchemy import Table

from medspa.kernel.phi import Phi, phi_of
from operational.models.base import Base
from operational.models.outside import models

DOCUMENTS = frozenset({"invoice", "credit_memo", "payment", "payout", "link_token", "client_duplicate"})


def follows_client(model: type[Base]) -> bool:
    """Whether rows of the table move when their client is merged."""
    table = cast("Table", model.__table__)
    if "client_id" not in table.columns or model.__append_only__ or table.name in DOCUMENTS:
        return False
    return not any(phi_of(column) is Phi.FREE_TEXT for column in table.columns)


def following() -> list[type[Base]]:
    return [model for model in models() if follows_client(model)]
