"""Initial schema."""

from __future__ import annotations

from alembic import op

import operational.models as models

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    models.Base.metadata.create_all(op.get_bind())
