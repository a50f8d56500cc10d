"""What a subcommand shows: one content, as HTML and as plain text. Standard library only.

Colours are JupyterLab's variables, and what surrounds the output where there are none: light and dark.
"""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from IPython.display import display

_STATE_COLOURS = {
    "succeeded": "success",
    "ok": "success",
    "clean": "success",
    "FINISHED": "success",
    "FAILED": "error",
    "RUNNING": "info",
    "KILLED": "warn",
    "failed": "error",
    "error": "error",
    "lost": "error",
    "timed_out": "error",
    "kernel_died": "error",
    "running": "info",
    "queued": "info",
    "cancelled": "warn",
    "interrupted": "warn",
}
_MUTED = "color: var(--jp-ui-font-color2, inherit)"
_LINE = "border-bottom: var(--jp-border-width, 1px) solid var(--jp-border-color2, currentColor)"
_CELL = "text-align: left; vertical-align: top; padding: 2px 12px 2px 0; white-space: pre-wrap"


@dataclass(frozen=True)
class Text:
    """A value that is shown as it is."""

    text: str

    def html(self) -> str:
        """Escaped."""
        return html.escape(self.text)


@dataclass(frozen=True)
class Code(Text):
    """Something to be typed, or an id."""

    def html(self) -> str:
        """In the font of code."""
        return f"<code>{html.escape(self.text)}</code>"


@dataclass(frozen=True)
class Block(Text):
    """Lines of text that keep their form, as a diff's."""

    def html(self) -> str:
        """In the font of code, line by line."""
        return f'<pre style="margin: 0">{html.escape(self.text)}</pre>'


@dataclass(frozen=True)
class State(Text):
    """A state, in its colour."""

    def html(self) -> str:
        """With the variable of JupyterLab's theme for what it means."""
        colour = _STATE_COLOURS.get(self.text.split(" ", 1)[0])
        style = f"color: var(--jp-{colour}-color1, inherit); " if colour else ""
        return f'<span style="{style}font-weight: 600">{html.escape(self.text)}</span>'


@dataclass(frozen=True)
class Link(Text):
    """A link; `href` is written by us: a path relative to the notebook, or an http(s) address."""

    href: str = ""

    def html(self) -> str:
        """An anchor: JupyterLab opens relative paths as documents."""
        outward = ' target="_blank" rel="noopener noreferrer"' if "://" in self.href else ""
        return f'<a href="{html.escape(self.href)}"{outward}>{html.escape(self.text)}</a>'


@dataclass(frozen=True)
class Card:
    """A title, facts, a table and notes; each may be absent.

    Args:
        facts: names and values; a value None is left out.
        columns: headings of the table.
        rows: as many values each.
        notes: sentences below.
    """

    title: str
    facts: Sequence[tuple[str, object]] = ()
    columns: Sequence[str] = ()
    rows: Sequence[Sequence[object]] = ()
    notes: Sequence[object] = field(default=())

    def as_mimebundle(self) -> dict[str, Any]:
        """For `IPython.display.display(..., raw=True)`."""
        return {"text/html": self.html(), "text/plain": self.text()}

    def html(self) -> str:
        """As HTML; every value is escaped."""
        parts = [f'<div style="font-weight: 600; margin-bottom: 4px">{html.escape(self.title)}</div>']
        facts = [(name, value) for name, value in self.facts if value is not None]
        if facts:
            parts.append(_table(_fact_row(name, as_text(value)) for name, value in facts))
        if self.rows:
            head = "".join(
                f'<th scope="col" style="{_CELL}; {_LINE}">{html.escape(column)}</th>'
                for column in self.columns
            )
            parts.append(_table([f"<tr>{head}</tr>", *map(_row, self.rows)]))
        parts.extend(
            f'<div style="{_MUTED}; margin-top: 4px">{as_text(note).html()}</div>' for note in self.notes
        )
        return f'<div class="jp-mlops-card">{"".join(parts)}</div>'

    def text(self) -> str:
        """As plain text, for front ends without HTML."""
        lines = [self.title]
        facts = [(name, as_text(value).text) for name, value in self.facts if value is not None]
        width = max((len(name) for name, _ in facts), default=0)
        lines.extend(f"  {name.ljust(width)}  {value}" for name, value in facts)
        if self.rows:
            lines.extend(_aligned([tuple(self.columns), *self.rows]))
        lines.extend(as_text(note).text for note in self.notes)
        return "\n".join(lines)


def show(card: Card) -> None:
    """Show a card below the cell."""
    display(card.as_mimebundle(), raw=True)


def as_text(value: object) -> Text:
    """A value as something that can be shown."""
    return value if isinstance(value, Text) else Text("" if value is None else str(value))


def _table(rows: Any) -> str:
    return f'<table style="border-collapse: collapse; margin: 0">{"".join(rows)}</table>'


def _fact_row(name: str, value: Text) -> str:
    head = f'<th scope="row" style="{_CELL}; {_MUTED}; font-weight: normal">{html.escape(name)}</th>'
    return f'<tr style="background: none">{head}<td style="{_CELL}">{value.html()}</td></tr>'


def _row(row: Sequence[object]) -> str:
    cells = "".join(f'<td style="{_CELL}">{as_text(value).html()}</td>' for value in row)
    return f'<tr style="background: none">{cells}</tr>'


def _aligned(rows: Sequence[Sequence[object]]) -> list[str]:
    texts = [[as_text(value).text for value in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*texts, strict=True)]
    return ["  " + "  ".join(map(str.ljust, row, widths)).rstrip() for row in texts]
