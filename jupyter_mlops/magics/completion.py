"""Tab completion of `%mlops`: subcommands, options, and the names of the notebook's parameters."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_mlops.magics.arguments import PARAMETER_OPTIONS, SUBCOMMANDS, options_of

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

MATCHER_ID = "jupyter_mlops"


def install_completion(ip: InteractiveShell) -> None:
    """Complete `%mlops` lines; an IPython before 8.6 has no such matchers, and does without."""
    try:
        from IPython.core.completer import SimpleCompletion, context_matcher
    except ImportError:
        return
    uninstall_completion(ip)

    @context_matcher(identifier=MATCHER_ID)
    def match(context: Any) -> dict[str, Any]:
        words = context.text_until_cursor.split()
        if not words or words[0] != "%mlops" or context.text_until_cursor == "%mlops":
            return {"completions": []}
        if not context.text_until_cursor[-1].isspace():
            words.pop()  # the one being typed
        found = [word for word in candidates(ip, words[1:]) if word.startswith(context.token)]
        return {"completions": [SimpleCompletion(word) for word in found], "suppress": True}

    ip.Completer.custom_matchers.append(match)


def uninstall_completion(ip: InteractiveShell) -> None:
    """Complete no more."""
    matchers = getattr(ip.Completer, "custom_matchers", [])
    matchers[:] = [one for one in matchers if getattr(one, "matcher_identifier", "") != MATCHER_ID]


def candidates(ip: InteractiveShell, given: list[str]) -> list[str]:
    """What may come after these words."""
    if not given:
        return list(SUBCOMMANDS)
    if given[0] not in SUBCOMMANDS:
        return []
    if given[0] == "run" and given[-1] in PARAMETER_OPTIONS:
        return _parameter_names(ip)
    return options_of(given[0])


def _parameter_names(ip: InteractiveShell) -> list[str]:
    """The names in the saved notebook's parameters cell; read without nbformat, as its import takes long."""
    from jupyter_mlops.magics.place import notebook_file
    from jupyter_mlops.notebooks.python_cell import UnreadableCellError, read_python_cell

    path = notebook_file(ip)
    try:
        cells = json.loads(Path(path or "").read_text(encoding="utf-8"))["cells"]
        source = next(cell["source"] for cell in cells if "parameters" in cell["metadata"].get("tags", ()))
        return [parameter.name for parameter in read_python_cell("".join(source))]
    except (OSError, ValueError, KeyError, TypeError, StopIteration, UnreadableCellError):
        return []
