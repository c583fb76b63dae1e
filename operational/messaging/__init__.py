"""Segments on the operational side: client keys become clients here, under permission and audit."""
