"""The statements that bring one staged table into raw: old images first, then one upsert. No connection here.

Only rows that differ are touched, so a full re-read of an unchanged store moves nothing.
"""

from __future__ import annotations

from pipelines.contract import TableContract
from pipelines.load.ddl import BATCH_COLUMN


def stage_name(contract: TableContract) -> str:
    return f"stage_{contract.name}"


def create_stage(contract: TableContract) -> str:
    """An unlogged place for the batch's rows that goes with the transaction."""
    lines = ", ".join(f"{column.name} {column.warehouse_type}" for column in contract.columns)
    return f"create temporary table {stage_name(contract)} ({lines}) on commit drop"


def keep_replaced(contract: TableContract, batch_id: int) -> str:
    """Old images of the rows that the batch changes; answers how many."""
    return _counted(
        f"insert into meta.before_{contract.name} ({_names(contract)}, {BATCH_COLUMN})"
        f" select {_names(contract, 'r.')}, {batch_id} from raw.{contract.name} r"
        f" join {stage_name(contract)} s on {_same_key(contract)}"
        f" where {_differs(contract, 'r.', 's.')}"
    )


def delete_missing(contract: TableContract, batch_id: int) -> str:
    """For full re-reads: removes what the source no longer has, keeping its images; answers how many."""
    return (
        f"with gone as (delete from raw.{contract.name} r where not exists"
        f" (select from {stage_name(contract)} s where {_same_key(contract)})"
        f" returning {_names(contract, 'r.')}),"
        f" kept as (insert into meta.before_{contract.name} ({_names(contract)}, {BATCH_COLUMN})"
        f" select {_names(contract)}, {batch_id} from gone returning 1)"
        " select count(*) from kept"
    )


def upsert(contract: TableContract, batch_id: int) -> str:
    """Inserts new rows and overwrites those that differ; answers how many of both."""
    changing = [name for name in contract.names if name not in contract.key]
    updates = ", ".join(f"{name} = excluded.{name}" for name in (*changing, BATCH_COLUMN))
    return _counted(
        f"{insert(contract, batch_id)} on conflict ({', '.join(contract.key)}) do update set {updates}"
        f" where {_differs(contract, 'r.', 'excluded.')}"
    )


def insert(contract: TableContract, batch_id: int) -> str:
    """For an empty table: everything, without looking for conflicts."""
    return (
        f"insert into raw.{contract.name} as r ({_names(contract)}, {BATCH_COLUMN})"
        f" select {_names(contract, 's.')}, {batch_id} from {stage_name(contract)} s"
    )


def _counted(statement: str) -> str:
    return f"with done as ({statement} returning 1) select count(*) from done"


def _names(contract: TableContract, prefix: str = "") -> str:
    return ", ".join(prefix + name for name in contract.names)


def _same_key(contract: TableContract) -> str:
    return " and ".join(f"s.{name} = r.{name}" for name in contract.key)


def _differs(contract: TableContract, left: str, right: str) -> str:
    changing = [name for name in contract.names if name not in contract.key]
    old, new = (", ".join(side + name for name in changing) for side in (left, right))
    return f"({old}) is distinct from ({new})"
