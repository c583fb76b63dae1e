"""Segments: definitions, their grammar, compilation to SQL and evaluation over the marts.

Knows client keys only; who they are and who may be contacted is decided in the operational store.
"""
