"""What the resident worker built and published, told to Dagster as materializations outside its runs."""

from __future__ import annotations

from collections.abc import Mapping

import dagster as dg

from pipelines.defs.names import BUILD, MARTS, key


def tell(written: Mapping[str, int]) -> None:
    """Mart → number of the newest batch in it. The instance is that of DAGSTER_HOME.

    Raises what Dagster's storage raises when it is not there.
    """
    with dg.DagsterInstance.get() as instance:
        for name, batch in sorted(written.items()):
            for layer in (BUILD, MARTS):
                event = dg.AssetMaterialization(key(layer, name), metadata={"batch": batch, "by": "worker"})
                instance.report_runless_asset_event(event)
