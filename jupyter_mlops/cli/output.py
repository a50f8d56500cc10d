"""Writing to the terminal: tables for people, JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime, timezone
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

    console = Console(stderr=stderr, highlight=False)
    return console if console.is_terminal else Console(stderr=stderr, highlight=False, width=10_000)


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


def show_seconds(seconds: float | None) -> str | None:
    """A duration as people say it."""
    if seconds is None:
        return None
    if seconds < 60:
        return f"{seconds:.3g} s" if seconds >= 0.001 else f"{seconds * 1e3:.2g} ms"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"


def show_moment(moment: datetime | str | None) -> str | None:
    """A moment in local time, to the second."""
    if moment is None:
        return None
    if isinstance(moment, str):
        moment = datetime.fromisoformat(moment)
    return moment.astimezone().strftime("%Y-%m-%d %H:%M:%S")


def show_age(moment: datetime) -> str:
    """How long ago a moment was."""
    return f"{show_seconds((datetime.now(timezone.utc) - moment).total_seconds())} ago"


def show_values(values: dict[str, Any]) -> str | None:
    """Parameters or metrics on one line; None when there are none."""
    shown = (f"{name}={_short(value)}" for name, value in values.items())
    return ", ".join(shown) or None


def _short(value: object) -> str:
    text = f"{value:.4g}" if isinstance(value, float) else str(value)
    return text if len(text) <= 40 else f"{text[:39]}…"
