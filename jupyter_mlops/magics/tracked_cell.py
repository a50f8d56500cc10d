"""`%%mlops track`: a cell that is one MLflow run; and `%%mlops_skip`, one that is not recorded.

Both first lines are replaced before IPython sees the cell, so that what is below runs as it would without
them: with `await`, `Out`, magics, and tracebacks with the cell's own lines (a `run_cell` of the text below
would show an error twice). The recorder is told the cell as it was typed. Standard library and IPython only.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from IPython.core.inputtransformer2 import cell_magic
from IPython.display import DisplayHandle

from jupyter_mlops.errors import BadInputError
from jupyter_mlops.magics.arguments import parse_cell_line
from jupyter_mlops.magics.notices import show_error

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from jupyter_mlops.experiments.runs import ExperimentRun

SKIP = "%%mlops_skip"
_TRACK = re.compile(r"%%mlops[ \t]+track(?:[ \t]+(.*?))?[ \t]*\n?\Z")
_BEGIN = "get_ipython().run_line_magic('mlops', {!r})\n"
_typed = ""

_tracked: list[tuple[ExperimentRun, DisplayHandle]] = []
"""The runs of cells under way, the innermost last."""


def install(ip: InteractiveShell) -> None:
    """Understand both first lines; twice is the same as once."""
    uninstall(ip)
    ip.input_transformers_cleanup.append(translate)
    ip.events.register("pre_run_cell", _before_cell)
    ip.events.register("post_run_cell", _after_cell)


def uninstall(ip: InteractiveShell) -> None:
    """Understand them no more."""
    if translate in ip.input_transformers_cleanup:
        ip.input_transformers_cleanup.remove(translate)
    for event, hook in (("pre_run_cell", _before_cell), ("post_run_cell", _after_cell)):
        if hook in ip.events.callbacks[event]:
            ip.events.unregister(event, hook)


def translate(lines: list[str]) -> list[str]:
    """A cell's lines with the first in Python, if it is one of the two; as many lines as before."""
    if not lines:
        return lines
    tracked = _TRACK.match(lines[0])
    if tracked is not None:
        first = _BEGIN.format(f"track {tracked[1] or ''}".strip())
    elif lines[0].strip() == SKIP:
        first = "\n"
    else:
        return lines
    below = lines[1:]
    if below and below[0].startswith("%%"):  # which IPython looks for in the first line only
        return [first, *cell_magic(below)]
    return [first, *below]


def begin(line: str) -> None:
    """Start the run of the cell under way; inside another run it is nested, as MLflow says.

    Raises:
        BadInputError: the line is not understood, or this is `%mlops track` without a cell.
        TrackingUnavailableError: the tracking server does not answer.
    """
    from jupyter_mlops.experiments import runs
    from jupyter_mlops.magics.experiments import read_tags
    from jupyter_mlops.tracking.active import find_active_run

    if "%%mlops" not in _typed:
        raise BadInputError(
            "%mlops track makes a whole cell one MLflow run.",
            field="subcommand",
            hint="Write %%mlops track, with two %, as the first line of the cell.",
        )
    given = parse_cell_line(line)
    name = " ".join(given.name) or None
    nested = find_active_run() is not None
    run = runs.begin(name, given.experiment, read_tags(given.tag), nested=nested)
    handle = DisplayHandle()
    _tracked.append((run, handle))
    handle.display(run.card().as_mimebundle(), raw=True)


def _before_cell(info: Any) -> None:
    global _typed  # noqa: PLW0603 - the shell does not tell a magic in which cell it stands
    _typed = info.raw_cell or ""


def _after_cell(result: Any) -> None:
    """End the run of the cell that ended; IPython prints what is raised here, so nothing is."""
    text = getattr(getattr(result, "info", None), "raw_cell", None)
    if not _tracked or (text is not None and "%%mlops" not in text):  # a `run_cell` inside it
        return
    run, handle = _tracked.pop()
    try:
        ended = _end(run, _status(result))
        handle.update(ended.card().as_mimebundle(), raw=True)
    except Exception as error:  # noqa: BLE001
        show_error(error)


def _end(run: ExperimentRun, status: str) -> ExperimentRun:
    from jupyter_mlops.experiments import runs

    return runs.end(run, status)


def _status(result: Any) -> str:
    error = None if result is None else result.error_in_exec  # what came before it began no run
    if result is None or isinstance(error, KeyboardInterrupt):
        return "KILLED"
    return "FINISHED" if error is None else "FAILED"
