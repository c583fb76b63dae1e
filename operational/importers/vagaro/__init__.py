"""Vagaro's exports: what their files look like and what their rows say."""
