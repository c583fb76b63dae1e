"""Schema of the operational store: alembic revisions, hand-written SQL, and what the tags generate."""
