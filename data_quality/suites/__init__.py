"""Great Expectations suites on raw and build tables, declared in YAML beside this file.

A suite file is a schema: its tables, and for each a list of {type, ...arguments} as Great Expectations names
them. Only whether an expectation holds is asked for: no row value ever leaves the database.
"""
