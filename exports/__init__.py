"""Accounting files and open data, built with DuckDB from published marts. No client identity."""
