"""Entitlements: what a package or a membership holds for a client, and how it is used."""
