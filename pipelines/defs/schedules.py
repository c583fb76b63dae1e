"""When the pipeline runs: what changed every quarter of an hour, everything checked every night."""

from __future__ import annotations

import dagster as dg

from pipelines.defs.names import BUILD, INTERMEDIATE, LAKE, MARTS, RAW, STAGING

_SELECTION = dg.AssetSelection.groups(LAKE, RAW, STAGING, INTERMEDIATE, BUILD, "checks", MARTS)
_NIGHTLY = {"ops": {"land": {"config": {"whole_totals": True}}, "check": {"config": {"level": "full"}}}}


@dg.definitions
def schedules() -> dg.Definitions:
    """Two jobs over the same assets. In one process: steps share what is imported, and the lock's holder."""
    refresh = dg.define_asset_job("refresh", _SELECTION, executor_def=dg.in_process_executor)
    certify = dg.define_asset_job("certify", _SELECTION, config=_NIGHTLY, executor_def=dg.in_process_executor)
    return dg.Definitions(
        jobs=[refresh, certify],
        schedules=[
            dg.ScheduleDefinition(job=refresh, cron_schedule="*/15 * * * *"),
            dg.ScheduleDefinition(job=certify, cron_schedule="10 2 * * *"),
        ],
    )
