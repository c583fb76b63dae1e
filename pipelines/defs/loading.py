"""The raw tables of the warehouse, loaded from the lake under the builder's lock."""

from collections.abc import Iterator
from typing import Any

import dagster as dg

from pipelines.build.lock import builder_lock
from pipelines.contract import contracts
from pipelines.defs.names import LAKE, RAW, key, settings
from pipelines.landing import COMMAND, land_by
from pipelines.load.batch import Moved
from pipelines.run import load_or_heal


@dg.definitions
def loading() -> dg.Definitions:
    """What has been loaded."""
    return dg.Definitions(assets=[_loaded()])


def _loaded() -> dg.AssetsDefinition:
    @dg.multi_asset(
        name="load",
        specs=[
            dg.AssetSpec(
                key(RAW, name),
                deps=[key(LAKE, name)],
                group_name=RAW,
                kinds={"postgres"},
                description="The de-identified table as it was last loaded.",
            )
            for name in contracts()
        ],
    )
    def load(context: dg.AssetExecutionContext) -> Iterator[Any]:
        found = settings()
        with builder_lock(found):
            _, batches = load_or_heal(found, land_by(COMMAND), report=context.log.info)
        for name in contracts():
            moved = [tables[name] for tables in batches.values() if name in tables]
            yield dg.MaterializeResult(asset_key=key(RAW, name), metadata=_counts(moved))

    return load


def _counts(moved: list[Moved]) -> dict[str, int]:
    return {
        "inserted": sum(one.inserted for one in moved),
        "updated": sum(one.updated for one in moved),
        "deleted": sum(one.deleted for one in moved),
    }
