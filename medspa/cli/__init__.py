"""The command line: `medspa <command>`. Commands live in commands/, one module each.

A command parses options, calls an area's or a local service and prints; no rule of the product is
decided here.
"""
