"""Files for other systems: accounting batches and open data, built with DuckDB from certified data."""
