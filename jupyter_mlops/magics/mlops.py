"""The line magic `%mlops`."""

from __future__ import annotations

import importlib

from IPython.core.magic import Magics, line_magic, magics_class
from IPython.display import display

from jupyter_mlops.database_errors import as_store_error
from jupyter_mlops.errors import MlopsError
from jupyter_mlops.magics.arguments import SUBCOMMANDS, parse_line
from jupyter_mlops.magics.card import Card, Code

_MODULES = {
    "status": "status",
    "run": "run",
    "register": "register",
    "runs": "lists",
    "history": "lists",
    "on": "switches",
    "off": "switches",
}


@magics_class
class MlopsMagics(Magics):
    """`%mlops`, registered by `%load_ext jupyter_mlops`."""

    @line_magic
    def mlops(self, line: str) -> None:
        """Turn this notebook into recorded experiments, jobs and registered models.

        ::

            %mlops status     what is recorded and where, the worker, this notebook's last runs
            %mlops run        run this notebook as a job, in a worker outside this kernel:
                -p NAME VALUE     a value for a variable of the cell tagged `parameters`; repeatable
                --name JOB        the job's name; by default the notebook's path
                --register MODEL  register the model that the run logs under this name
                --kernel KERNEL   the kernel; by default the notebook's own
                --wait            wait for its end; an interrupt ends the waiting, not the run
                --notebook PATH   another notebook than this one
            %mlops register NAME  make the model that this kernel logged to MLflow last a version of NAME
                --run RUN         the model of another run instead: an MLflow run's id or a job run's
            %mlops runs       list this notebook's runs (--limit N)
            %mlops history    list what was executed in this notebook's cells (--limit N)
            %mlops on         record cell executions
            %mlops off        record no more
            %mlops            show this help in short

        What runs is the notebook as it is saved. Examples::

            %mlops run -p C 0.5 --register breast-cancer
            %mlops register breast-cancer
        """
        try:
            arguments = parse_line(line)
            if arguments.subcommand == "help":
                show(_help())
                return
            module = importlib.import_module(f"jupyter_mlops.magics.{_MODULES[arguments.subcommand]}")
            getattr(module, arguments.subcommand)(self.shell, arguments)
        except MlopsError as error:
            raise _without_traceback(error) from None
        except Exception as error:
            failure = as_store_error(error)
            if failure is None:
                raise
            raise _without_traceback(failure) from None


def show(card: Card) -> None:
    """Show a card below the cell."""
    display(card.as_mimebundle(), raw=True)


def _help() -> Card:
    return Card(
        "%mlops",
        columns=("Write", "to"),
        rows=[(Code(f"%mlops {name}"), text) for name, text in SUBCOMMANDS.items() if name != "help"],
        notes=["%mlops? explains all options."],
    )


def _without_traceback(error: MlopsError) -> MlopsError:
    """The error, shown by IPython as what is wrong and how to mend it; the cell still counts as failed."""
    lines = [f"\x1b[1;31m{error.message}\x1b[0m"]
    if error.hint:
        lines.append(error.hint)
    error._render_traceback_ = lambda: lines  # type: ignore[attr-defined] # IPython's protocol
    return error
