"""The ledger against a real database."""
