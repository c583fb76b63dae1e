"""The dbt models, with dbt's own lineage, built through the one way to build."""

from collections.abc import Iterator, Mapping, Sequence
from graphlib import TopologicalSorter
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings, build_dbt_asset_specs

from pipelines.build import dbt
from pipelines.build.run import build
from pipelines.defs.names import BUILD, INTERMEDIATE, RAW, STAGING, key, settings, settings_for_parsing
from pipelines.load.run import last_loaded

_LAYERS = {"staging": STAGING, "intermediate": INTERMEDIATE, "marts": BUILD}


class BuildConfig(dg.Config):
    """`full`: build every model from nothing."""

    full: bool = False


class Translator(DagsterDbtTranslator):
    """Sources are the raw assets; models carry their layer."""

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> dg.AssetKey:
        name = str(dbt_resource_props["name"])
        if dbt_resource_props["resource_type"] == "source":
            # Old images are written by the same load as the table they belong to.
            return key(RAW, name.removeprefix("before_"))
        return key(_layer(dbt_resource_props), name)

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str | None:
        if dbt_resource_props["resource_type"] == "source":
            return RAW
        return _layer(dbt_resource_props)


@dg.definitions
def models() -> dg.Definitions:
    """Every model of the dbt project."""
    manifest = dbt.manifest_file(settings_for_parsing())
    translator = Translator(DagsterDbtTranslatorSettings(enable_duplicate_source_asset_keys=True))
    return dg.Definitions(
        assets=[_built(build_dbt_asset_specs(manifest=manifest, dagster_dbt_translator=translator))]
    )


def _built(specs: Sequence[dg.AssetSpec]) -> dg.AssetsDefinition:
    @dg.multi_asset(name="build", specs=specs)
    def build_models(config: BuildConfig) -> Iterator[Any]:
        found = settings()
        result = build(found, last_loaded(found.warehouse_dsn("load")), full=config.full)
        built = set(result.models)
        for asset in _in_order(specs):
            yield dg.MaterializeResult(
                asset_key=asset,
                metadata={
                    "build": result.build_id,
                    "batch": result.batch_id,
                    "written": asset.path[-1] in built,
                },
            )

    return build_models


def _in_order(specs: Sequence[dg.AssetSpec]) -> Iterator[dg.AssetKey]:
    """Each model after those it reads, as Dagster wants them told."""
    own = {spec.key for spec in specs}
    graph = {spec.key: [dep.asset_key for dep in spec.deps if dep.asset_key in own] for spec in specs}
    yield from TopologicalSorter(graph).static_order()


def _layer(properties: Mapping[str, Any]) -> str:
    return _LAYERS.get(properties["fqn"][1], BUILD)
