"""A group of commands whose modules are imported only when they are called."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

import click


class LazyCommands(click.Group):
    """A group that imports a command's module only when the command is called.

    Args:
        package: the package of the modules.
        lazy_commands: module and one line of help of each command, in the order in which they are of use. The
            command `say-so` is `say_so_command` in its module.
    """

    def __init__(
        self, *args: Any, package: str, lazy_commands: Mapping[str, tuple[str, str]], **settings: Any
    ) -> None:
        super().__init__(*args, **settings)
        self._package = package
        self._lazy_commands = lazy_commands

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """The names, in the order in which they are of use."""
        return list(self._lazy_commands)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """The command of a name, None when there is none."""
        if cmd_name not in self._lazy_commands:
            return None
        module = importlib.import_module(f"{self._package}.{self._lazy_commands[cmd_name][0]}")
        command: click.Command = getattr(module, f"{cmd_name.replace('-', '_')}_command")
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write the list of commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in self._lazy_commands.items()])
