"""Privacy: the audit of reads, its sealing, and the vault of keys. Permissions live in identity."""
