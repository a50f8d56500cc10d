"""Writing to the terminal: tables for people, JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from rich.console import Console

STATE_STYLES = {
    "succeeded": "green",
    "ok": "green",
    "failed": "red",
    "error": "red",
    "lost": "red",
    "timed_out": "red",
    "kernel_died": "red",
    "running": "cyan",
    "cancelled": "yellow",
    "interrupted": "yellow",
}


def echo_json(value: Any) -> None:
    """Write one JSON object."""
    click.echo(json.dumps(value, ensure_ascii=False))


def make_console(*, stderr: bool = False) -> Console:
    """A console: as wide as the terminal, or without bound when there is none, so that no path is broken."""
    from rich.console import Console

    console = Console(stderr=stderr, highlight=False, force_jupyter=False)
    if console.is_terminal:
        return console
    return Console(stderr=stderr, highlight=False, force_jupyter=False, width=10_000)


def print_table(columns: Sequence[str], rows: Iterable[Sequence[object]], empty: str) -> None:
    """Write rows under headings; `empty` when there are none. A state's own colour is the only one."""
    from rich.table import Table

    rows = list(rows)
    if not rows:
        click.echo(empty)
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*map(as_text, row))
    make_console().print(table)


def say_more(next_cursor: str | None) -> None:
    """Write how to see the next page, if there is one."""
    if next_cursor:
        click.echo(f"There are more: --cursor {next_cursor}")


def print_facts(facts: Iterable[tuple[str, object]]) -> None:
    """Write names and values, a line each; None is left out."""
    from rich.table import Table

    table = Table.grid(padding=(0, 2))
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in facts:
        if value is not None:
            table.add_row(name, as_text(value))
    make_console().print(table)


def as_text(value: object) -> Any:
    """A value as text that is shown as it is: nothing in it is taken for markup."""
    from rich.text import Text

    text = "" if value is None else str(value)
    return Text(text, style=STATE_STYLES.get(text, ""))
