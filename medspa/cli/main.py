"""The entry point: finds the command modules and turns known errors into a sentence and exit code 1.

Exit codes: 0 done, 1 failed, 2 wrong usage.
"""

from __future__ import annotations

import importlib
import keyword
import pkgutil
import sys
from typing import Any

import typer
import typer.core
import typer.main

from medspa.cli import commands
from medspa.kernel.errors import DomainError
from medspa.local.accounts import AccountUnavailable
from medspa.local.binaries import ServerProgramFailed
from medspa.local.files import UnreadableState
from medspa.local.postgres import ClusterNotStarted
from medspa.local.roles import UnsuitableServer
from medspa.local.services import ServiceFailed
from medspa.local.stamp import ModeMismatch

KNOWN_FAILURES = (
    AccountUnavailable,
    ClusterNotStarted,
    ModeMismatch,
    ServerProgramFailed,
    ServiceFailed,
    UnreadableState,
    UnsuitableServer,
)
"""Errors whose message says what to do; anything else is a bug and shows its traceback."""

FAILED = 1


class CommandGroup(typer.core.TyperGroup):
    """The modules of medspa.cli.commands, imported one by one when they are asked for."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 - the group's own signature
        return sorted(_command_name(module.name) for module in pkgutil.iter_modules(commands.__path__))

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in self.list_commands(ctx):
            return None
        module = importlib.import_module(f"{commands.__name__}.{_module_name(cmd_name)}")
        if isinstance(group := getattr(module, "app", None), typer.Typer):
            found: Any = typer.main.get_group(group)
        else:
            single = typer.Typer(add_completion=False, rich_markup_mode=None)
            single.command(cmd_name)(module.command)
            found = typer.main.get_command(single)
        found.name = cmd_name
        return found


app = typer.Typer(
    cls=CommandGroup,
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@app.callback()
def medspa() -> None:
    """Run and look after a medspa installation."""


def run(arguments: list[str] | None = None) -> None:
    """Run one command and exit the process with its code."""
    try:
        app(arguments)
    except DomainError as error:
        typer.echo(f"{error.title}: {error.detail}", err=True)
        sys.exit(FAILED)
    except KNOWN_FAILURES as error:
        typer.echo(str(error), err=True)
        sys.exit(FAILED)


def _command_name(module: str) -> str:
    return module.rstrip("_").replace("_", "-")


def _module_name(command: str) -> str:
    """A command named like a word of Python is in a module with an underscore behind it."""
    return command.replace("-", "_") + "_" * keyword.iskeyword(command)
