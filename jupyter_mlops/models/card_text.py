"""A card's sections as Markdown, or as an HTML page that stands alone; all that is in it is escaped."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import TypeAlias

_MARKS = re.compile(r"([\\`*_\[\]|~])")
_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; margin: 0.5rem 0; }
th, td { border: 1px solid #ccc; padding: 0.25rem 0.6rem; text-align: left; vertical-align: top;
  overflow-wrap: anywhere; }
pre { overflow-x: auto; }
@media (prefers-color-scheme: dark) { body { background: #111; color: #ddd; } th, td { border-color: #444; } }
"""


@dataclass(frozen=True)
class Paragraph:
    """Text; `preformatted` keeps its lines as they are."""

    text: str
    preformatted: bool = False


@dataclass(frozen=True)
class Items:
    """A list."""

    items: Sequence[str]


@dataclass(frozen=True)
class Table:
    """Rows under heads."""

    heads: Sequence[str]
    rows: Sequence[Sequence[str]]


Block: TypeAlias = "Paragraph | Items | Table"


@dataclass(frozen=True)
class Section:
    """A heading and what is below it."""

    title: str
    blocks: Sequence[Block]


def as_markdown(title: str, sections: Sequence[Section]) -> str:
    """The card as GitHub's Markdown."""
    parts = [f"# {_md(title)}"]
    for section in sections:
        parts += [f"## {_md(section.title)}", *("\n".join(_md_lines(block)) for block in section.blocks)]
    return "\n\n".join(parts) + "\n"


def as_html(title: str, sections: Sequence[Section]) -> str:
    """The card as an HTML page."""
    body = [f"<h1>{escape(title)}</h1>"]
    for section in sections:
        body += [f"<h2>{escape(section.title)}</h2>", *map(_html, section.blocks)]
    head = f'<meta charset="utf-8"><title>{escape(title)}</title><style>{_STYLE}</style>'
    return (
        f'<!doctype html>\n<html lang="en"><head>{head}</head>\n<body>\n'
        + "\n".join(body)
        + "\n</body></html>\n"
    )


def _md_lines(block: Block) -> Iterator[str]:
    if isinstance(block, Items):
        yield from (f"- {_md(item)}" for item in block.items)
    elif isinstance(block, Table):
        yield f"| {' | '.join(map(_md, block.heads))} |"
        yield f"|{' --- |' * len(block.heads)}"
        yield from (f"| {' | '.join(map(_md, row))} |" for row in block.rows)
    elif block.preformatted:
        yield from (f"    {line}" for line in block.text.splitlines())
    else:
        yield _md(block.text)


def _md(text: str) -> str:
    """Text in which nothing is taken for a mark, nor for HTML."""
    one_line = " ".join(text.split())
    return _MARKS.sub(r"\\\1", one_line.replace("&", "&amp;").replace("<", "&lt;"))


def _html(block: Block) -> str:
    if isinstance(block, Items):
        return f"<ul>{''.join(f'<li>{escape(item)}</li>' for item in block.items)}</ul>"
    if isinstance(block, Table):
        heads = "".join(f'<th scope="col">{escape(name)}</th>' for name in block.heads)
        rows = "".join(
            f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in block.rows
        )
        return f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"
    tag = "pre" if block.preformatted else "p"
    return f"<{tag}>{escape(block.text)}</{tag}>"
