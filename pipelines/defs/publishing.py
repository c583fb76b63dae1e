"""The marts that readers see, moved from the build once the checks have run, and what is made from them."""

from collections.abc import Iterable, Iterator
from typing import Any

import dagster as dg

from pipelines.defs.names import BUILD, CHECK_RESULTS, MARTS, key, settings
from pipelines.load.prune import prune
from pipelines.load.run import last_loaded
from pipelines.publish.contracts import load_contracts
from pipelines.publish.run import publish
from reporting_api.catalog import reports
from segments.catalogue import definitions

_EXPORT_SOURCES = ("fct_posting", "dim_account", "fct_business_day")

_SEGMENT_SIZES = "marts.segment_size"
"""Written by the evaluation of segments, not by a build."""


@dg.definitions
def publishing() -> dg.Definitions:
    """Marts, and the lineage of reports, segments and exports."""
    return dg.Definitions(assets=[_published(), *_outputs()])


def _published() -> dg.AssetsDefinition:
    @dg.multi_asset(
        name="publish",
        specs=[
            dg.AssetSpec(
                key(MARTS, name),
                deps=[key(BUILD, name), CHECK_RESULTS],
                group_name=MARTS,
                kinds={"postgres"},
                description=contract.description,
            )
            for name, contract in load_contracts().items()
        ],
    )
    def publish_marts() -> Iterator[Any]:
        found = settings()
        batch_id = last_loaded(found.warehouse_dsn("load"))
        publication = publish(found, batch_id)
        prune(found, published_batch=batch_id)
        for name in load_contracts():
            yield dg.MaterializeResult(
                asset_key=key(MARTS, name),
                metadata={"batch": batch_id, "organizations": len(publication.published)},
            )

    return publish_marts


def _outputs() -> Iterator[dg.AssetSpec]:
    for report in reports().values():
        sources = [key(MARTS, name) for name in load_contracts() if f"marts.{name}" in report.sql]
        if _SEGMENT_SIZES in report.sql:
            sources += [key("segments", code) for code in definitions()]
        yield _output("reports", report.name, sources, report.title)
    for definition in definitions().values():
        yield _output("segments", definition.code, [key(MARTS, definition.mart)], definition.label)
    exported = [key(MARTS, name) for name in _EXPORT_SOURCES]
    yield _output("exports", "accounting", exported, "Accounting batches of closed days.")
    yield _output("exports", "open_data", [key(MARTS, name) for name in load_contracts()], "Every mart.")


def _output(group: str, name: str, sources: Iterable[dg.AssetKey], description: str) -> dg.AssetSpec:
    return dg.AssetSpec(key(group, name), deps=sources, group_name=group, description=description)
