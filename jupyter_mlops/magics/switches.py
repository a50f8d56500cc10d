"""`%mlops on` and `%mlops off`."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING

from jupyter_mlops.magics.card import Card
from jupyter_mlops.magics.mlops import show
from jupyter_mlops.magics.recording import start_recording, stop_recording

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell


def on(ip: InteractiveShell, _arguments: Namespace) -> None:
    """Record cell executions."""
    recorder = start_recording(ip)
    if recorder.problem:
        show(Card("Nothing can be recorded.", [("Problem", recorder.problem)]))
    else:
        show(Card("Cell executions are recorded.", [("Journal", recorder.journal)]))


def off(ip: InteractiveShell, _arguments: Namespace) -> None:
    """Record no more."""
    stop_recording(ip)
    show(Card("Nothing more is recorded after this cell.", notes=["%mlops on goes on."]))
