"""`python -m medspa` is the `medspa` command."""

from medspa.cli.main import run

run()
