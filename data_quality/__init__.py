"""Checks that decide what is published: suites on landed and built data, tie-outs, the leak search."""
