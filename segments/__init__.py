"""Segments: who is due, as YAML definitions over the marts, compiled to bound SQL and evaluated.

Knows client keys only. Who may be contacted is decided in the operational store.
"""
