"""Tab completion of `%mlops`: subcommands, options, and the names of the notebook's parameters."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_mlops.magics.arguments import (
    CAPTURE_OPTIONS,
    COMMANDS,
    PARAMETER_OPTIONS,
    RUN_STATUSES,
    SUBCOMMANDS,
    options_of,
)

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
        line = context.text_until_cursor.rpartition("\n")[2]
        words = line.split()
        if not words or words[0] not in ("%mlops", "%%mlops") or line == words[0]:
            return {"completions": []}
        typed = "" if line[-1].isspace() else words.pop()
        offered = candidates(ip, words[1:]) if words[0] == "%mlops" else cell_candidates(words[1:])
        # IPython's token begins after an `=`, and what is offered replaces it
        found = [word[len(typed) - len(context.token) :] for word in offered if word.startswith(typed)]
        return {"completions": [SimpleCompletion(word) for word in found], "suppress": True}

    ip.Completer.custom_matchers.append(match)


def uninstall_completion(ip: InteractiveShell) -> None:
    """Complete no more."""
    matchers = getattr(ip.Completer, "custom_matchers", [])
    matchers[:] = [one for one in matchers if getattr(one, "matcher_identifier", "") != MATCHER_ID]


def cell_candidates(given: list[str]) -> list[str]:
    """What may come after these words of a `%%mlops` line."""
    return options_of("track") if given[:1] == ["track"] else ["track"]


def candidates(ip: InteractiveShell, given: list[str]) -> list[str]:
    """What may come after these words."""
    if not given:
        return [*SUBCOMMANDS, *COMMANDS]
    if given[0] in COMMANDS or given[0] == "run":
        return _of_command(ip, given)
    if given[0] not in SUBCOMMANDS:
        return []
    if given[-1] == "--status":
        return list(RUN_STATUSES)
    return [*options_of(given[0]), *_pairs(ip, given[0])]


def _of_command(ip: InteractiveShell, given: list[str]) -> list[str]:
    """The options of a command of the command line; after `-p` or `--matrix` the notebook's parameters."""
    from jupyter_mlops.cli import in_kernel

    takes_a_name = given[-1] in (*PARAMETER_OPTIONS, "--matrix")
    return _parameter_names(ip) if takes_a_name else in_kernel.options_of(given[0])


def _pairs(ip: InteractiveShell, name: str) -> list[str]:
    """`NAME=VALUE` words: a capture option with each of its words, or a variable that can be logged."""
    if name == "config":
        return [f"{option}={word}" for option, (words, _) in CAPTURE_OPTIONS.items() for word in words]
    if name == "log":
        loggable = (bool, int, float, str)
        names = [name for name, value in list(ip.user_ns.items()) if isinstance(value, loggable)]
        return [f"{name}={name}" for name in names if not name.startswith("_")]
    return []


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
