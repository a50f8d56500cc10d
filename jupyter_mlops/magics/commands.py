"""`%mlops schedule`, `jobs`, `cancel` and others: commands of the command line, for this notebook."""

from __future__ import annotations

import os
from argparse import Namespace
from functools import partial
from typing import TYPE_CHECKING

from jupyter_mlops.magics.card import Card, show
from jupyter_mlops.magics.place import this_notebook
from jupyter_mlops.workspace import Workspace

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

STARTS_RUNS = frozenset({"schedule", "run-job", "rerun", "resume-run", "apply", "import-scheduler"})


def command(ip: InteractiveShell, arguments: Namespace) -> None:
    """Carry one out."""
    from jupyter_mlops.cli.in_kernel import call

    if arguments.subcommand in STARTS_RUNS and os.environ.get("JUPYTER_MLOPS_RUN_ID"):
        show(Card(f"This is a job run itself, so that %mlops {arguments.subcommand} starts no other."))
        return
    call([arguments.subcommand, *arguments.words], partial(this_notebook, ip, Workspace()))
