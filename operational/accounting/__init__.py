"""The operational side of accounting exports: batch numbers and bytes, kept exactly once."""
