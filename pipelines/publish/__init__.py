"""Moves built rows to the marts that readers see, and makes those marts from the contracts."""
