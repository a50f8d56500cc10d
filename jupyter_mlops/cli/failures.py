"""What went wrong, on the terminal: what, which input, how to mend it; never a traceback of ours."""

from __future__ import annotations

import json
import os
import traceback
from datetime import datetime, timezone

import click

from jupyter_mlops.database_errors import as_store_error
from jupyter_mlops.errors import MlopsError

DEBUG = "JUPYTER_MLOPS_DEBUG"
INTERRUPTED = 130  # what a shell gives for SIGINT
UNEXPECTED = 3


def report_failure(error: BaseException, *, as_json: bool) -> int:
    """Tell a failure, on standard error and with `--json` as an object on standard output; the exit code."""
    if isinstance(error, (KeyboardInterrupt, click.Abort)):
        click.echo("Interrupted.", err=True)
        return INTERRUPTED
    if os.environ.get(DEBUG) and not isinstance(error, click.ClickException):
        traceback.print_exception(error)
    problem, code = _problem_and_code(error)
    if as_json:
        click.echo(json.dumps(_refusal(problem)))
    if isinstance(error, click.UsageError) and error.ctx is not None:
        click.echo(error.ctx.get_usage(), err=True)
    field = f"  [{problem['field']}]" if problem["field"] else ""
    click.echo(f"{click.style('Error:', fg='red', bold=True)} {problem['message']}{field}", err=True)
    if problem["hint"]:
        click.echo(f"{click.style('Hint:', bold=True)} {problem['hint']}", err=True)
    return code


def _refusal(problem: dict[str, str | None]) -> dict[str, str | None]:
    """The object for programs: no run was made."""
    return {
        "run_id": None,
        "state": "refused",
        "reason": problem["code"],
        "message": problem["message"],
        "field": problem["field"],
        "hint": problem["hint"],
    }


def _problem_and_code(error: BaseException) -> tuple[dict[str, str | None], int]:
    if isinstance(error, MlopsError):
        return error.as_problem(), error.exit_code
    if isinstance(error, click.UsageError):
        hint = f"See `{error.ctx.command_path} --help`." if error.ctx else None
        return _problem(error.format_message(), "usage", _field(error), hint), 2
    if isinstance(error, click.ClickException):
        return _problem(error.format_message(), "usage", None, None), 2
    failure = as_store_error(error)
    if failure is not None:
        return failure.as_problem(), failure.exit_code
    message = f"Something of ours failed: {type(error).__name__}: {_first_line(error)}"
    return _problem(message, "internal_error", None, _where_logged(error)), UNEXPECTED


def _problem(message: str, code: str, field: str | None, hint: str | None) -> dict[str, str | None]:
    return {"message": message, "code": code, "field": field, "hint": hint}


def _field(error: click.UsageError) -> str | None:
    """The input at fault, where click names one: an option's or an argument's name."""
    if isinstance(error, click.BadParameter) and error.param is not None:
        return error.param.name
    if isinstance(error, click.NoSuchOption):
        return error.option_name
    return None


def _first_line(error: BaseException) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]


def _where_logged(error: BaseException) -> str:
    """Write the traceback to a log, as it is of use to those who mend us."""
    from jupyter_mlops.config import Settings

    path = Settings.load().logs / "cli.log"
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "a") as log:
            log.write(f"{datetime.now(timezone.utc).isoformat()} jupyter_mlops.cli ERROR\n")
            log.writelines(traceback.format_exception(error))
    except OSError:
        return f"Set {DEBUG}=1 to see where."
    return f"The details are in {path}; {DEBUG}=1 shows them here."
