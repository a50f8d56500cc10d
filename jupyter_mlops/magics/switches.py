"""`%mlops on`, `%mlops off` and `%mlops config`."""

from __future__ import annotations

import difflib
from argparse import Namespace
from dataclasses import asdict
from typing import TYPE_CHECKING

from jupyter_mlops.capture import recorder
from jupyter_mlops.errors import BadInputError, ConflictError
from jupyter_mlops.magics.arguments import CAPTURE_OPTIONS
from jupyter_mlops.magics.card import Card, Code, show
from jupyter_mlops.magics.experiments import split_pair
from jupyter_mlops.magics.recording import current_recorder, start_recording

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell


def on(ip: InteractiveShell, _arguments: Namespace) -> None:
    """Record cell executions."""
    started = start_recording(ip)
    if started.problem:
        show(Card("Nothing can be recorded.", [("Problem", started.problem)]))
        return
    recorder.configure(enabled=True)
    show(Card("Cell executions are recorded.", [("Journal", started.journal)]))


def off(_ip: InteractiveShell, _arguments: Namespace) -> None:
    """Record no more, but stay ready."""
    if current_recorder() is not None:
        recorder.configure(enabled=False)
    show(Card("Nothing more is recorded after this cell.", notes=["%mlops on goes on."]))


def config(_ip: InteractiveShell, arguments: Namespace) -> None:
    """Show what is captured, or change it for this kernel, from its next cell on."""
    current = current_recorder()
    if current is None:
        raise ConflictError("Nothing is recorded here.", hint="%mlops on records from then on.")
    changes = dict(split_pair(word, "config", "frames=off") for word in arguments.changes)
    unknown = next((name for name in changes if name not in CAPTURE_OPTIONS), None)
    if unknown is not None:
        close = difflib.get_close_matches(unknown, CAPTURE_OPTIONS, 1)
        guess = f"Did you mean {close[0]}? " if close else ""
        raise BadInputError(
            f"%mlops config has no option {unknown!r}.",
            field=unknown,
            hint=f"{guess}There are {', '.join(CAPTURE_OPTIONS)}.",
        )
    try:
        options = recorder.configure(**changes) if changes else current.options
    except ValueError as error:
        message = str(error)
        raise BadInputError(f"{message[:1].upper()}{message[1:]}.", field="config") from error
    rows = [
        (Code(name), {True: "on", False: "off"}.get(value, value), CAPTURE_OPTIONS[name][1])
        for name, value in asdict(options).items()
    ]
    notes = ["%mlops config NAME=VALUE changes it in this kernel; JUPYTER_MLOPS_CAPTURE for all."]
    show(
        Card("What is captured of each cell", columns=("Option", "Is", "What it is"), rows=rows, notes=notes)
    )
