"""The lake: one Parquet file per table and batch, and a manifest that makes a batch exist."""
