"""What the resident worker built and published, told to Dagster as materializations outside its runs."""

from __future__ import annotations

from collections.abc import Mapping

import dagster as dg

from pipelines.defs.names import BUILD, MARTS, key
from pipelines.outage import outage_told


def tell(written: Mapping[str, int]) -> None:
    """Mart → number of the newest batch in it. The instance is that of DAGSTER_HOME.

    Raises StoreUnavailable when Dagster's storage is not there.
    """
    with outage_told("storage of Dagster"), dg.DagsterInstance.get() as instance:
        for name, batch in sorted(written.items()):
            for layer in (BUILD, MARTS):
                event = dg.AssetMaterialization(key(layer, name), metadata={"batch": batch, "by": "worker"})
                instance.report_runless_asset_event(event)
