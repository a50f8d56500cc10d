"""Errors of ours as a notebook shows them: what is wrong and how to mend it, without a traceback."""

from __future__ import annotations

import sys

from jupyter_mlops.errors import MlopsError


def without_traceback(error: MlopsError) -> MlopsError:
    """The error, shown by IPython as what is wrong and how to mend it; the cell still counts as failed."""
    lines = [f"\x1b[1;31m{error.message}\x1b[0m"]
    if error.hint:
        lines.append(error.hint)
    error._render_traceback_ = lambda: lines  # type: ignore[attr-defined] # IPython's protocol
    return error


def show_error(error: Exception) -> None:
    """Say on standard error what went wrong after a cell that itself went well."""
    hint = getattr(error, "hint", None)
    print("\n".join(filter(None, (str(error), hint))), file=sys.stderr)  # noqa: T201 - where a cell's errors go
