"""The magics `%mlops`, `%%mlops` and `%%mlops_skip`."""

from __future__ import annotations

import importlib

from IPython.core.magic import Magics, cell_magic, line_cell_magic, magics_class

from jupyter_mlops.database_errors import as_store_error
from jupyter_mlops.errors import MlopsError
from jupyter_mlops.magics.arguments import (
    CELL_SUBCOMMANDS,
    COMMANDS,
    SUBCOMMANDS,
    parse_cell_line,
    parse_line,
)
from jupyter_mlops.magics.card import Card, Code, show
from jupyter_mlops.magics.notices import without_traceback
from jupyter_mlops.magics.tracked_cell import SKIP, begin

_MODULES = {
    "status": "status",
    "run": "run",
    "params": "params",
    "register": "register",
    "runs": "lists",
    "history": "lists",
    "on": "switches",
    "off": "switches",
    "config": "switches",
    **dict.fromkeys(("start", "stop", "log", "autolog", "diff", "stale", "snapshot"), "experiments"),
}


@magics_class
class MlopsMagics(Magics):
    """`%mlops`, registered by `%load_ext jupyter_mlops`."""

    @line_cell_magic
    def mlops(self, line: str, cell: str | None = None) -> None:
        """Turn this notebook into recorded experiments, jobs and registered models.

        Experiments by hand::

            %mlops start [NAME]   start an MLflow run; what is logged from now on goes there
                --experiment NAME     by default the notebook's path without its ending
                --tag KEY=VALUE       a tag for MLflow; repeatable
            %mlops stop           end it (--status FINISHED, FAILED or KILLED)
            %%mlops track [NAME]  as the first line of a cell: the cell is one MLflow run
            %mlops log NAME=VALUE...  numbers become metrics, texts params, figures and frames artifacts;
                                  a value that is a variable's name is that variable (--step N)
            %mlops autolog        have MLflow log by itself what is fitted (--off ends it)

        What was executed, and whether it is still true::

            %mlops status         what is recorded and where, the worker, this notebook's last runs
            %mlops history [CELL] list what was executed; of one cell, by a count or its id (--limit N)
            %mlops diff A B       compare two executions by their counts, or two MLflow runs by their ids
            %mlops stale          list the cells whose results are no longer true, and why
            %mlops snapshot       keep a copy of the notebook as it is saved
            %mlops config [KEY=VALUE...]  show or change what is captured in this kernel
            %mlops on             record cell executions
            %mlops off            record no more
            %%mlops_skip          as the first line of a cell: it is not recorded

        Jobs and models::

            %mlops run            run this notebook as a job, in a worker outside this kernel:
                -p NAME VALUE         a value for a variable of the cell tagged `parameters`; repeatable
                --matrix NAME V1,V2   once for each value, for each combination of several: 100 at most
                --preset NAME         the job's parameters of this name, where -p gives none
                --name JOB            the job's name; by default the notebook's path
                --register MODEL      register the model that the run logs under this name
                --alias ALIAS         what the version becomes once its gates pass (or --promote-to);
                                      --gate GATE, --logged-model NAME, --registration FILE say the rest
                --kernel KERNEL       the kernel; by default the notebook's own
                --env NAME=VALUE      a variable of the kernel
                --wait                wait for its end; an interrupt ends the waiting, not the run
                --notebook PATH       another notebook than this one
                --retries COUNT       and the other policies that `%mlops run --help` explains:
                                      --retry-delay --retry-backoff --retry-max-delay --retry-on --timeout
                                      --cell-timeout --overlap --max-parallel --priority --executor
                                      --preflight --tracking-wait --keep-kernel --output-url
                --notify EVENT CHANNELS  who is told of it: failed=jupyterlab,team-mail
                --retention LIMITS    what is kept of its runs: older_than=30d,keep=20,max_size=5GB
                --idempotency-key KEY follow the run that an earlier line with this key made
            %mlops params         edit the parameters in a form below the cell, and run the job from it
                --list                only list them; --name, --register, --kernel, --notebook as of run
            %mlops runs           list this notebook's runs (--limit N)
            %mlops register NAME  make the model that this kernel logged to MLflow last a version of NAME
                --from WHAT           instead: a variable with a model, an MLflow run's id, a job run's, a
                                      logged model (m-...), or a version (OTHER/3, OTHER@champion)
                --run RUN             the same for a run
                --alias ALIAS         what the version becomes once every gate has passed, as champion
                --gate GATE           such as metric:accuracy>=0.9, or approval; repeatable
                --example VARIABLE    rows for the signature and the example (no: neither); by default those
                                      of this notebook that the model was fitted on

        As on the command line, where `jupyter mlops COMMAND --help` explains all options; the notebook need
        not be named::

            %mlops check          say what a run of this notebook would fail by
            %mlops schedule       say when it runs: --cron, --every, --at, --on-file, --after, --http...
            %mlops jobs           list the jobs; of one JOB, by its name or id:
                                  %mlops run-job, %mlops change, %mlops pause, %mlops resume, %mlops delete
            %mlops triggers       list the triggers; or pause, resume, delete one
            %mlops show RUN       show a run, by its id or the start of it; and so
                                  %mlops follow, %mlops cancel, %mlops rerun, %mlops resume-run,
                                  %mlops delete-runs
            %mlops clean          delete old runs (--dry-run says which)
            %mlops notifications  list what was told about runs
            %mlops plan           say what %mlops apply would do with jobs.yaml; %mlops export writes it;
                                  %mlops import-scheduler takes over the jobs of jupyter-scheduler

        What runs as a job, is judged and is kept is the notebook as it is saved. Examples::

            %mlops start first try
            %mlops log accuracy=0.93 model=ridge
            %mlops run -p C 0.5 --register breast-cancer
            %mlops register breast-cancer --from model --alias champion --gate metric:accuracy>=0.9
        """
        if cell is not None:
            self._run_cell(line, cell)
            return
        try:
            if line.split()[:1] == ["track"]:
                begin(line)
                return
            arguments = parse_line(line)
            if arguments.subcommand == "help":
                show(_help())
                return
            if arguments.subcommand in COMMANDS:
                importlib.import_module("jupyter_mlops.magics.commands").command(self.shell, arguments)
                return
            module = importlib.import_module(f"jupyter_mlops.magics.{_MODULES[arguments.subcommand]}")
            getattr(module, arguments.subcommand)(self.shell, arguments)
        except MlopsError as error:
            raise without_traceback(error) from None
        except Exception as error:
            failure = as_store_error(error)
            if failure is None:
                raise
            raise without_traceback(failure) from None

    @cell_magic
    def mlops_skip(self, line: str, cell: str) -> None:  # noqa: ARG002 - IPython's signature
        """Run this cell, and record nothing of it: `%%mlops_skip` is its first line.

        A cell tagged `mlops-skip` is not recorded, either; `%mlops off` stops recording altogether.
        """
        self.shell.run_cell(f"{SKIP}\n{cell}", store_history=False)

    def _run_cell(self, line: str, cell: str) -> None:
        """A cell magic that is not a cell's first line; that one is translated, see `tracked_cell`."""
        try:
            parse_cell_line(line)
        except MlopsError as error:
            raise without_traceback(error) from None
        self.shell.run_cell(f"%%mlops {line}\n{cell}", store_history=False)


def _help() -> Card:
    return Card(
        "%mlops",
        columns=("Write", "to"),
        rows=[
            *((Code(f"%mlops {name}"), text) for name, text in SUBCOMMANDS.items() if name != "help"),
            *((Code(f"%mlops {name}"), text) for name, text in COMMANDS.items()),
            *((Code(line), text) for line, text in CELL_SUBCOMMANDS.items()),
        ],
        notes=["%mlops? explains all options."],
    )
