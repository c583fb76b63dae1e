"""Operational tables and the lake. A process of its own lands and holds the keys; this one has none."""

from collections.abc import Iterator
from typing import Any

import dagster as dg
import pyarrow.parquet as pq

from medspa.kernel.settings import Settings
from pipelines.contract import TableContract, contracts
from pipelines.defs.names import LAKE, STORE, key, settings
from pipelines.land.lake import BatchRef, Lake
from pipelines.land.manifest import LandedFile
from pipelines.landing import COMMAND
from pipelines.load.run import last_loaded

GUARD = "tagged_columns_only"


class LandingConfig(dg.Config):
    """`full`: read everything again instead of what changed. `whole_totals`: count the whole source, as a run
    must that certifies."""

    full: bool = False
    whole_totals: bool = False


@dg.definitions
def landing() -> dg.Definitions:
    """The tables as they are in the operational store, and what of them has landed."""
    tables = [
        dg.AssetSpec(
            key(STORE, name),
            group_name=STORE,
            kinds={"postgres"},
            description="A table of the operational store.",
        )
        for name in contracts()
    ]
    return dg.Definitions(
        assets=[*tables, _landed()], resources={"pipes": dg.PipesSubprocessClient(forward_termination=True)}
    )


def _landed() -> dg.AssetsDefinition:
    @dg.multi_asset(
        name="land",
        specs=[
            dg.AssetSpec(
                key(LAKE, name),
                deps=[key(STORE, name)],
                group_name=LAKE,
                kinds={"parquet"},
                description="De-identified rows, one file per batch.",
            )
            for name in contracts()
        ],
        check_specs=[
            dg.AssetCheckSpec(
                GUARD, asset=key(LAKE, name), description="Only tagged columns, with their types."
            )
            for name in contracts()
        ],
    )
    def land(
        context: dg.AssetExecutionContext, config: LandingConfig, pipes: dg.PipesSubprocessClient
    ) -> Iterator[Any]:
        found = settings()
        options = [
            f"--after={last_loaded(found.warehouse_dsn('load'))}",
            *(["--full"] if config.full else []),
            *([] if config.whole_totals else ["--touched"]),
        ]
        invocation = pipes.run(context=context, command=[*COMMAND, *options])
        (answer,) = invocation.get_custom_messages()
        yield from _results(found, answer)

    return land


def _results(found: Settings, answer: dict[str, Any]) -> Iterator[Any]:
    lake = Lake(found.lake)
    batch_id = answer["batch_id"]
    ref = next((one for one in lake.batches() if one.batch_id == batch_id), None)
    files = lake.manifest(ref).files if ref else {}
    for name, contract in contracts().items():
        file = files.get(name, LandedFile(rows=0))
        yield dg.MaterializeResult(
            asset_key=key(LAKE, name),
            metadata={"rows": file.rows, "bytes": file.bytes, "batch": batch_id or 0},
            check_results=[
                dg.AssetCheckResult(
                    passed=ref is None or not file.path or as_tagged(lake, ref, file, contract),
                    asset_key=key(LAKE, name),
                    check_name=GUARD,
                )
            ],
        )


def as_tagged(lake: Lake, ref: BatchRef, file: LandedFile, contract: TableContract) -> bool:
    """Whether a landed file has the columns and types of the tags, by its own footer."""
    with lake.open(ref, file) as handle:
        return bool(pq.read_schema(handle).equals(contract.schema))
