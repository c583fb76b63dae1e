"""The pipeline as Dagster sees it: names, lineage, checks, schedules. The work itself is done next door.

Metadata carries counts only: never a row, a key or a message of a database.
"""
