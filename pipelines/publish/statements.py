"""The statements of a publication. Which organizations they are run for is decided in run.py."""

from __future__ import annotations

from collections.abc import Iterator

from pipelines.publish.contracts import Contract

NEWEST_BUILD = "select build_id, batch_id, completed_at from meta.build_run order by build_id desc limit 1"
LEVELS = "select level from meta.check_run where build_id = %(build)s"
ORGANIZATIONS = "select org_id from build.dim_organization union select org_id from meta.published order by 1"
FAILED = "select distinct org_id from meta.tieout_result where build_id = %(build)s and not passed"

CHOOSE = """
create temporary table chosen (
    org_id uuid primary key,
    after_build bigint not null,
    whole boolean not null
) on commit drop
"""
# The whole of an organization is compared when it was never published, or a full build came in between.
CHOSEN = """
insert into chosen
select %(org)s, coalesce(max(published.build_id), 0),
    count(published.build_id) = 0 or exists (
        select 1 from meta.build_run
        where is_full and build_id <= %(build)s and build_id > max(published.build_id)
    )
from (select build_id from meta.published where org_id = %(org)s) as published
"""

WHAT = "select coalesce(bool_or(whole), false), min(after_build) filter (where not whole) from chosen"

STATE = """
insert into marts.publication_state as state
    (org_id, live_batch_id, live_at, data_as_of, certified_batch_id, certified_at)
select chosen.org_id, %(batch)s, %(now)s, batch.extracted_at,
    case when %(certified)s then %(batch)s::bigint end, case when %(certified)s then %(now)s::timestamptz end
from chosen
left join meta.batch as batch on batch.batch_id = %(batch)s
on conflict (org_id) do update set
    live_at = case
        when state.live_batch_id = excluded.live_batch_id then state.live_at else excluded.live_at
    end,
    live_batch_id = excluded.live_batch_id,
    data_as_of = excluded.data_as_of,
    certified_batch_id = coalesce(excluded.certified_batch_id, state.certified_batch_id),
    certified_at = coalesce(excluded.certified_at, state.certified_at)
"""
PUBLISHED = """
insert into meta.published (org_id, build_id, batch_id, published_at)
select org_id, %(build)s, %(batch)s, %(now)s from chosen
on conflict (org_id) do update set
    build_id = excluded.build_id, batch_id = excluded.batch_id, published_at = excluded.published_at
"""
PUBLICATION = """
insert into meta.publication (build_id, batch_id, published_at, organizations, blocked, rows_moved)
values (%(build)s, %(batch)s, %(now)s, %(organizations)s, %(blocked)s, %(moved)s)
"""
# Keys are kept for organizations that are still behind.
FORGET_KEYS = """
delete from meta.replaced_key as replaced
using meta.published as published
where published.org_id = replaced.org_id and replaced.build_id <= published.build_id
"""


def move(contract: Contract, *, whole: bool = True, since: int | None = 0) -> Iterator[str]:
    """Statements that make a mart equal its build table for the chosen organizations.

    `whole`: some of them are compared row by row. `since`: the others get what builds after it wrote, None
    when there are none; as a number in the statement, for then the rows are found by their build's index.
    """
    if not contract.incremental:
        yield _delete_missing(contract, "true")
        yield _upsert(contract, "true")
        return
    if whole:
        yield _delete_missing(contract, "chosen.whole")
        yield _upsert(contract, "chosen.whole")
    if since is not None:
        yield _delete_replaced(contract, since)
        yield _upsert(
            contract,
            f"not chosen.whole and new._build_id > {since} and new._build_id > chosen.after_build",
        )


def _delete_missing(contract: Contract, whose: str) -> str:
    return f"""
        delete from marts.{contract.name} as old
        using chosen
        where chosen.org_id = old.org_id and {whose}
            and not exists (select 1 from build.{contract.name} as new where {_same(contract, "new", "old")})
    """


def _delete_replaced(contract: Contract, since: int) -> str:
    # What is there again was written by the build that replaced it or by a later one: taken off first, only
    # keys that are gone are looked for in the mart.
    types = {column.name: column.data_type for column in contract.columns}
    keys = ", ".join(f"(replaced.row_key ->> '{one}')::{types[one]} as {one}" for one in contract.key)
    return f"""
        delete from marts.{contract.name} as old
        using (
            select {keys}
            from meta.replaced_key as replaced
            inner join chosen on chosen.org_id = replaced.org_id
            where replaced.relation = '{contract.name}' and not chosen.whole
                and replaced.build_id > {since} and replaced.build_id > chosen.after_build
            except
            select {", ".join(f"new.{one}" for one in contract.key)}
            from build.{contract.name} as new
            where new._build_id > {since}
        ) as gone
        where {_same(contract, "gone", "old")}
    """


def _upsert(contract: Contract, which: str) -> str:
    names = [column.name for column in contract.columns]
    values = contract.values
    update = "do nothing"
    if values:
        pairs = ", ".join(f"{one} = excluded.{one}" for one in values)
        old = ", ".join(f"old.{one}" for one in values)
        new = ", ".join(f"excluded.{one}" for one in values)
        update = f"do update set {pairs} where ({old}) is distinct from ({new})"
    return f"""
        insert into marts.{contract.name} as old ({", ".join(names)})
        select {", ".join(f"new.{one}" for one in names)}
        from build.{contract.name} as new
        inner join chosen on chosen.org_id = new.org_id
        where {which}
        on conflict ({", ".join(contract.key)}) {update}
    """


def _same(contract: Contract, left: str, right: str) -> str:
    return " and ".join(f"{left}.{one} = {right}.{one}" for one in contract.key)
