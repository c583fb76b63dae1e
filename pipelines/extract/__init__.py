"""Reads what changed from the de-identified views, in one snapshot. Tokens are made by deidentify."""
