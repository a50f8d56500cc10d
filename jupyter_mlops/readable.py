"""Values as people read them, in the CLI and the magics. Standard library only."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any


def show_seconds(seconds: float | None) -> str | None:
    """A duration as people say it."""
    if seconds is None:
        return None
    if seconds < 60:
        return f"{seconds:.3g} s" if seconds >= 0.001 else f"{seconds * 1e3:.2g} ms"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"


def show_bytes(count: int) -> str:
    """A size as people say it: 1 kB is 1000 bytes."""
    size = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if size < 1000:
            return f"{size:.3g} {unit}"
        size /= 1000
    return f"{size:.3g} TB"


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


def first_line(source: str) -> str:
    """The first line of a cell that says something."""
    line = next((line.strip() for line in source.splitlines() if line.strip()), "")
    return line if len(line) <= 60 else f"{line[:59]}…"


def with_full_stop(text: str) -> str:
    """A text that ends as a sentence does, whoever wrote it."""
    return text if text.endswith((".", "!", "?", "…")) else f"{text}."
