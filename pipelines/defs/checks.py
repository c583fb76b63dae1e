"""Suites and tie-outs: run once per build, kept in the warehouse, shown on the assets they are about."""

import subprocess
import sys
from collections.abc import Iterator
from typing import Any, Literal

import dagster as dg
import psycopg

from data_quality import run as quality
from data_quality.suites.run import declared
from data_quality.tieouts.compare import names
from pipelines.defs.names import BUILD, CHECK_RESULTS, RAW, key, settings
from pipelines.load.run import last_loaded
from pipelines.publish.contracts import load_contracts

_ABOUT = {
    "ar_control": "fct_ar_movement",
    "ar_documents": "fct_ar_movement",
    "close_out_frozen": "agg_daily_close_out",
    "close_out_ledger": "agg_daily_close_out",
    "collected_reports": "agg_daily_collected",
    "revenue_reports": "agg_daily_revenue",
    "cycles_due": "agg_daily_cycle_due",
    "drawer_cash": "fct_drawer_session",
    "drawer_session": "fct_drawer_session",
    "invoices_not_negative": "fct_invoice",
    "open_balances": "fct_receivable_span",
}
_LEDGER = "fct_posting"
KEEP = (sys.executable, "-m", "medspa", "pipeline", "keep-checks")
"""The composition root's way to keep results in the operational store, which nothing here may write."""
_RAW_CHECKS = ("raw_rows", "lake_raw")
_NEWEST = """
    select tieout, bool_and(passed), count(*), count(*) filter (where not passed)
    from meta.tieout_result
    where build_id = (select max(build_id) from meta.tieout_result)
    group by tieout
"""


class CheckConfig(dg.Config):
    """`batch` looks at what the build wrote, `full` at everything, which certifies."""

    level: str = "batch"


@dg.definitions
def checks() -> dg.Definitions:
    """The run of the checks, and each check on its asset."""
    return dg.Definitions(assets=[_results()], asset_checks=[_shown()])


def specs() -> dict[str, dg.AssetCheckSpec]:
    """Name of a result → the check that shows it."""
    about = {name: key(BUILD, _ABOUT.get(name, _LEDGER)) for name in names()}
    about |= {name: key(RAW, "posting") for name in _RAW_CHECKS}
    about |= {
        f"suite {schema}.{table}": key(schema, table)
        for schema, tables in declared().items()
        for table in tables
    }
    return {
        name: dg.AssetCheckSpec(
            name.replace(" ", "_").replace(".", "_"), asset=asset, additional_deps=[CHECK_RESULTS]
        )
        for name, asset in about.items()
    }


def _results() -> dg.AssetsDefinition:
    @dg.multi_asset(
        name="check",
        specs=[
            dg.AssetSpec(
                CHECK_RESULTS,
                deps=[key(BUILD, name) for name in load_contracts()],
                group_name="checks",
                description="Results of suites and tie-outs of the newest build.",
            )
        ],
    )
    def check(config: CheckConfig) -> dg.MaterializeResult[Any]:
        found = settings()
        level: Literal["batch", "full"] = "full" if config.level == "full" else "batch"
        results = quality.check(found, last_loaded(found.warehouse_dsn("load")), level=level)
        subprocess.run(KEEP, check=True)
        return dg.MaterializeResult(
            asset_key=CHECK_RESULTS,
            metadata={"checks": len(results), "failed": len(quality.failed(results)), "level": level},
        )

    return check


def _shown() -> dg.AssetChecksDefinition:
    known = specs()

    @dg.multi_asset_check(name="show_checks", specs=list(known.values()), can_subset=True)
    def show_checks(context: dg.AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
        with psycopg.connect(settings().warehouse_dsn("build")) as connection:
            rows = connection.execute(_NEWEST).fetchall()
        for name, passed, groups, failed in rows:
            if name in known and known[name].key in context.selected_asset_check_keys:
                yield dg.AssetCheckResult(
                    passed=passed,
                    asset_key=known[name].asset_key,
                    check_name=known[name].name,
                    metadata={"results": groups, "failed": failed},
                )

    return show_checks
