"""Builds the warehouse with dbt inside the build schema. Loading and publishing are the neighbours'."""
