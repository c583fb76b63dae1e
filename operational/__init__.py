"""The operational app: the only place with real people."""
