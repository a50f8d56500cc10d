"""The command line, `jupyter mlops`."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import click

from jupyter_mlops import __version__
from jupyter_mlops.cli.failures import report_failure
from jupyter_mlops.cli.lazy_commands import LazyCommands
from jupyter_mlops.lean_imports import spare_the_grammar_of_iris

_COMMANDS = {
    "run": ("run", "Run a notebook as a job."),
    "inspect": ("inspect", "Show what a job of a notebook would need."),
    "check": ("check", "Say what a run would fail by, before it starts."),
    "runs": ("runs", "List job runs."),
    "follow": ("follow", "Follow a run to its end."),
    "resume-run": ("resume", "Go on from the cell at which a run failed."),
    "show": ("runs", "Show one run."),
    "cancel": ("run_actions", "End runs that are queued or running."),
    "rerun": ("run_actions", "Run the same again."),
    "delete-runs": ("run_actions", "Delete runs that have ended."),
    "jobs": ("jobs", "List jobs and their schedules."),
    "schedule": ("schedule", "Say when a notebook runs: by cron, interval, file, event..."),
    "triggers": ("triggers", "List, pause, resume and delete triggers."),
    "run-job": ("run_job", "Run a job now, as it is defined."),
    "change": ("change", "Change what a job runs and how, and its presets."),
    "pause": ("jobs", "Pause all triggers of a job."),
    "resume": ("jobs", "Resume all triggers of a job."),
    "delete": ("jobs", "Delete a job; its runs stay."),
    "plan": ("definitions", "Say what `apply` would do."),
    "apply": ("definitions", "Make the jobs what jobs.yaml says."),
    "export": ("definitions", "Write the jobs there are as jobs.yaml."),
    "import-scheduler": ("import_scheduler", "Take over the job definitions of jupyter-scheduler."),
    "secrets": ("secrets", "Keep the secrets that jobs refer to."),
    "models": ("models", "Register models behind gates, promote them, roll back."),
    "serve": ("serve", "Serve a model version on this machine."),
    "servings": ("serve", "List the models that are served, and stop them."),
    "score": ("score", "Score a table with a model version."),
    "package": ("package", "Write what an image of a model version is built from."),
    "history": ("history", "List what was executed in a notebook's cells."),
    "stale": ("stale", "List a notebook's cells that no longer show what is true."),
    "notifications": ("notifications", "List what was told about runs."),
    "notify": ("notifications", "Set up and test the channels that tell how runs end."),
    "clean": ("clean", "Delete old runs and all that was theirs."),
    "purge": ("purge", "Forget what was recorded long ago."),
    "worker": ("worker", "Be a worker, in the foreground."),
    "doctor": ("doctor", "Check the installation, and say how to mend it."),
    "ui": ("ui", "Open MLflow's UI on what was tracked."),
}
_JSON_OPTION = "--json"


@click.command(
    cls=LazyCommands,
    package="jupyter_mlops.cli",
    lazy_commands=_COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(__version__, prog_name="jupyter mlops")
def cli() -> None:
    """Turn notebooks into recorded experiments, durable jobs and registered models.

    Exit codes: 0 success; 1 a run did not succeed, a check of `doctor` failed, or a cell is stale; 2 bad
    input; 3 the store or the tracking server cannot be used.
    """


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; answers with the exit code, and never raises for a failure."""
    if arguments is None:
        arguments = sys.argv[1:]
        spare_the_grammar_of_iris()
    try:
        code = cli.main(args=list(arguments), prog_name="jupyter mlops", standalone_mode=False)
    except BrokenPipeError:  # `... | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - told and logged there
        return report_failure(error, as_json=_JSON_OPTION in arguments)
    return code if isinstance(code, int) else 0
