"""DDL that follows from the models' tags: row security, triggers, grants, de-identified views.

Everything is re-applied on each migration and is idempotent. Hand-written SQL lives in sql/.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from sqlalchemy import Table

from operational.models.base import Base
from operational.models.moving import follows_client
from operational.models.outside import exported_columns, models

DROP_VIEWS = """
do $$ declare v record; begin
    for v in select c.relname from pg_class c
        where c.relnamespace = 'deid'::regnamespace and c.relkind = 'v' loop
        execute format('drop view deid.%I', v.relname);
    end loop;
end $$
"""
_ORG = "(select nullif(current_setting('medspa.org_id', true), '')::uuid)"
_SCOPED = "((select location_scope() is null) or location_id = any ((select location_scope())::uuid[]))"


def is_tenant(table: Table) -> bool:
    return "org_id" in table.columns


def _row_security(model: type[Base], table: Table) -> Iterator[str]:
    name = table.name
    yield f"alter table {name} enable row level security"
    yield f"alter table {name} force row level security"
    policies = [
        ("owner_all", "for all to medspa_owner using (true) with check (true)"),
        ("tenant", f"for all to medspa_app using (org_id = {_ORG}) with check (org_id = {_ORG})"),
        ("backup", "for select to medspa_backup using (true)"),
    ]
    if model.__audited__:
        policies.append(
            ("audited", "as restrictive for select to medspa_app using ((select audit.is_open()))")
        )
    if model.__location_scoped__:
        policies.append(
            (
                "location_scope",
                f"as restrictive for all to medspa_app using ({_SCOPED}) with check ({_SCOPED})",
            )
        )
    if model.__extracted__:
        policies.append(("deid", "for select to medspa_deid using (true)"))
    for policy, body in policies:
        yield f"drop policy if exists {policy} on {name}"
        yield f"create policy {policy} on {name} {body}"


def _grants(model: type[Base], table: Table) -> Iterator[str]:
    name = table.name
    yield f"revoke all on {name} from medspa_app, medspa_deid, medspa_backup"
    yield f"grant select on {name} to medspa_backup"
    if not is_tenant(table):
        yield f"grant select on {name} to medspa_app"
    elif model.__append_only__:
        yield f"grant select, insert on {name} to medspa_app"
    elif model.__extracted__:
        # No DELETE: a deleted row is invisible to change capture, so removals are states.
        yield f"grant select, insert, update on {name} to medspa_app"
    else:
        yield f"grant select, insert, update, delete on {name} to medspa_app"
    if model.__extracted__:
        columns = ", ".join(column.name for column, _, _ in exported_columns(table))
        yield f"grant select ({columns}) on {name} to medspa_deid"


def _triggers(model: type[Base], table: Table) -> Iterator[str]:
    name = table.name
    if follows_client(model):
        yield (
            f"create or replace trigger refuse_merged before insert or update of client_id on {name}"
            f" for each row when (new.client_id is not null) execute function client_refuse_merged()"
        )
    function = "mark_changed_versioned" if "version" in table.columns else "mark_changed"
    yield (
        f"create or replace trigger mark_changed before insert or update on {name}"
        f" for each row execute function {function}()"
    )
    yield f"create index if not exists brin_{name}_changed_xid on {name} using brin (changed_xid)"


def _view(table: Table) -> Iterator[str]:
    columns = ", ".join(f"{expression} as {name}" for _, expression, name in exported_columns(table))
    yield (
        f"create view deid.{table.name} with (security_barrier) as"
        f" select {columns} from public.{table.name} t"
    )
    yield f"grant select on deid.{table.name} to medspa_extract"


def after_sql() -> Iterator[str]:
    """Statements that need the hand-written functions."""
    for model in models():
        table = cast("Table", model.__table__)
        yield from _grants(model, table)
        if is_tenant(table):
            yield from _row_security(model, table)
        if "changed_xid" in table.columns:
            yield from _triggers(model, table)


def deid_views() -> Iterator[str]:
    """Views, to be created under SET ROLE medspa_deid."""
    for model in models():
        if model.__extracted__:
            yield from _view(cast("Table", model.__table__))
