"""From the operational store to the warehouse: extract, deidentify, land, load, build, publish.

Plain Python; Dagster only in `definitions` and `defs`. No metric is defined here: those are dbt's.
"""
