"""Alembic environment: runs on the connection that operational.migrations.runner hands over."""

from __future__ import annotations

from alembic import context

import operational.models as models


def run() -> None:
    connection = context.config.attributes["connection"]
    context.configure(
        connection=connection, target_metadata=models.Base.metadata, transaction_per_migration=False
    )
    with context.begin_transaction():
        context.run_migrations()


run()
