"""One module per command, found by its file name: `close_day.py` is `medspa close-day`.

A module defines either `command`, a function with typer annotations (its docstring is the help text), or
`app`, a typer.Typer with subcommands. Modules are imported when they are named or listed, so heavy
packages are imported inside the functions.
"""
