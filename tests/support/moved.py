"""Whether anything was written, whatever table it is in."""

from __future__ import annotations

from collections.abc import Collection

from psycopg import sql

from tests.support.databases import Database

NEXT_WRITER = "select pg_snapshot_xmax(pg_current_snapshot())::text::bigint"


class Watch:
    """Every table of the operational store `but` some: two looks that are equal had no write between them."""

    def __init__(self, database: Database, but: Collection[str] = ()) -> None:
        self._admin = database.connect("admin", autocommit=True)
        tables = self._admin.execute(
            "select n.nspname, c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace"
            " where c.relkind = 'r' and n.nspname in ('public', 'vault', 'directory') order by 1, 2"
        ).fetchall()
        assert len(tables) > 50
        self._query = sql.SQL(" union all ").join(
            sql.SQL("select {}, count(*), max(xmin::text::bigint) from {}").format(
                f"{schema}.{name}", sql.Identifier(schema, name)
            )
            for schema, name in tables
            if f"{schema}.{name}" not in but
        )
        self._written: int | None = None
        self._seen: dict[str, tuple[int, int | None]] = {}

    def look(self) -> dict[str, tuple[int, int | None]]:
        """Table → its number of rows and the newest transaction that wrote one.

        Read again only if any transaction of the server wrote since: whoever writes takes a number.
        """
        (written,) = self._admin.execute(NEXT_WRITER, prepare=True).fetchone() or (None,)
        if written != self._written:
            read = self._admin.execute(self._query, prepare=True)
            self._seen = {name: (rows, newest) for name, rows, newest in read}
            self._written = written
        return self._seen
