"""What follows `%mlops`: subcommands, their options, and errors that teach. Standard library only."""

from __future__ import annotations

import argparse
import difflib
import shlex
from typing import Any, NoReturn

from jupyter_mlops.errors import BadInputError

SUBCOMMANDS = {
    "start": "start an MLflow run: [NAME], --experiment, --tag KEY=VALUE",
    "stop": "end it: --status",
    "log": "log values to it: NAME=VALUE..., --step",
    "autolog": "have MLflow log by itself what is fitted: --off",
    "status": "what is recorded and where, the worker, and this notebook's last runs",
    "history": "list what was executed: [CELL], by a count or a cell's id",
    "diff": "compare two executions by their counts, or two MLflow runs by their ids",
    "stale": "list the cells whose results are no longer true, and why",
    "snapshot": "keep a copy of the notebook as it is saved",
    "run": "run this notebook as a job: -p NAME VALUE, --matrix, --preset, --register, --retries, --wait...",
    "params": "edit the parameters in a form and run: --list, --name, --register, --kernel",
    "runs": "list this notebook's runs",
    "register": "register a model: NAME, --from VARIABLE, RUN or MODEL, --alias, --gate",
    "config": "show or change what is captured: NAME=VALUE...",
    "on": "record cell executions",
    "off": "record no more",
    "help": "show this list",
}
COMMANDS = {
    "check": "say what a run of this notebook would fail by",
    "schedule": "say when this notebook runs: --cron, --every, --at, --on-file, --after, --on-model, --http",
    "jobs": "list the jobs: --search",
    "triggers": "list, pause, resume and delete triggers: [JOB], --pause, --resume, --delete",
    "run-job": "run a job now: JOB, --preset",
    "change": "change a job: JOB, -p NAME VALUE, --preset",
    "pause": "pause all triggers of a job: JOB",
    "resume": "resume all triggers of a job: JOB",
    "delete": "delete a job: JOB",
    "show": "show a run: RUN",
    "follow": "follow a run to its end: RUN, --output",
    "cancel": "end runs: RUN...",
    "rerun": "run the same again: RUN...",
    "resume-run": "go on from the cell at which a run failed: RUN",
    "delete-runs": "delete runs that have ended: RUN...",
    "clean": "delete old runs: --older-than, --keep, --max-size, --dry-run, --yes",
    "notifications": "list what was told about runs",
    "plan": "say what `apply` would do: --file",
    "apply": "make the jobs what jobs.yaml says: --file",
    "export": "write the jobs there are as jobs.yaml: --file",
    "import-scheduler": "take over the job definitions of jupyter-scheduler",
}
"""Commands of the command line, each as it is there; what they need not be told is this notebook."""
CELL_SUBCOMMANDS = {
    "%%mlops track": "make this cell one MLflow run: [NAME], --experiment, --tag KEY=VALUE",
    "%%mlops_skip": "record nothing of this cell",
}
_SWITCH = ("on", "off")
CAPTURE_OPTIONS: dict[str, tuple[tuple[str, ...], str]] = {
    "enabled": (_SWITCH, "whether anything is"),
    "source": (("text", "hash"), "its text, or only the text's hash"),
    "outputs": (_SWITCH, "the type, size and hash of what it shows"),
    "traceback": (_SWITCH, "the text of its traceback"),
    "files": (_SWITCH, "which files it opens"),
    "packages": (_SWITCH, "which packages it imports first"),
    "frames": (("shape", "hash", "off"), "of data frames the shape and schema, or a hash as well"),
    "mlflow": (_SWITCH, "what it logs to MLflow"),
    "memory_peak": (_SWITCH, "the most memory that the process had meanwhile"),
    "gpu": (_SWITCH, "what the process holds of each GPU's memory"),
}
"""The fields of `capture.options.CaptureOptions`: the words that each takes, and what it is."""
RUN_STATUSES = ("FINISHED", "FAILED", "KILLED")
PARAMETER_OPTIONS = ("-p", "--parameter")


_REGISTER_OPTIONS: dict[str, dict[str, Any]] = {
    "--from": {"dest": "source", "metavar": "VARIABLE|RUN|MODEL"},
    "--run": {"dest": "source", "metavar": "RUN"},
    "--alias": {},
    "--gate": {"action": "append", "dest": "gates", "default": [], "metavar": "GATE"},
    "--example": {"metavar": "VARIABLE|no"},
}


class TeachingParser(argparse.ArgumentParser):
    """A parser that raises what it has against a line, with the usage, instead of ending the process."""

    def error(self, message: str) -> NoReturn:
        """Refuse the line."""
        options = [option for action in self._actions for option in action.option_strings]
        words = [word.rstrip(":,") for word in message.split()]
        wrong = [word for word in words if word.startswith("--") and word not in options]
        close = difflib.get_close_matches(wrong[0], options, 1) if wrong else []
        guess = f"Did you mean {close[0]}? " if close else ""
        usage = " ".join(self.format_usage().split()).replace("usage: ", "%")
        raise BadInputError(f"%{self.prog}: {message}.", field="line", hint=f"{guess}{usage}")


def parse_line(line: str) -> argparse.Namespace:
    """The subcommand of a line (attribute `subcommand`, `help` for an empty line) and its options.

    Of `run` and one of `COMMANDS` the attribute `words` has all that follows.

    Raises:
        BadInputError: the line is not understood; the hint says how it would be.
    """
    words = _split(line)
    name = words.pop(0) if words else "help"
    if name in COMMANDS or name == "run":
        return argparse.Namespace(subcommand=name, words=words)
    if name not in SUBCOMMANDS:
        raise _unknown(name)
    return make_parser(name).parse_args(words, argparse.Namespace(subcommand=name))


def parse_cell_line(line: str) -> argparse.Namespace:
    """What follows `%%mlops`: `track` and its options.

    Raises:
        BadInputError: the line is not understood; the hint says how it would be.
    """
    words = _split(line)
    if words[:1] != ["track"]:
        given = f"has no {words[0]!r}" if words else "wants a word more"
        raise BadInputError(
            f"%%mlops {given}.", field="line", hint="%%mlops track [NAME] makes the cell one MLflow run."
        )
    return make_parser("track").parse_args(words[1:])


def _split(line: str) -> list[str]:
    try:
        return shlex.split(line)
    except ValueError as error:
        raise BadInputError(
            f"%mlops: the line cannot be split into words: {error}.",
            field="line",
            hint="Close the quotation marks.",
        ) from error


def make_parser(name: str) -> TeachingParser:
    """The parser of one subcommand's options."""
    parser = TeachingParser(prog=f"mlops {name}", add_help=False, allow_abbrev=False)
    options: dict[str, dict[str, Any]] = {}
    if name == "params":
        options = {"--list": {"action": "store_true"}, "--name": {}, "--register": {}, "--kernel": {}}
    elif name == "register":
        parser.add_argument("name")
        options = dict(_REGISTER_OPTIONS)
    elif name in ("runs", "history"):
        options = {"--limit": {"type": int, "default": 10}}
    else:
        options = _add_arguments(parser, name)
    if name == "history":
        parser.add_argument("cell", nargs="?", metavar="CELL")
    if name in ("params", "runs", "history", "status", "stale"):
        options["--notebook"] = {"metavar": "PATH"}
    for option, settings in options.items():
        parser.add_argument(option, **settings)
    return parser


def _add_arguments(parser: TeachingParser, name: str) -> dict[str, dict[str, Any]]:
    """Add what an experiment's subcommand takes by place; answers with its options."""
    if name in ("start", "track"):
        parser.add_argument("name", nargs="*", metavar="NAME")
        return {"--experiment": {"metavar": "NAME"}, "--tag": {"action": "append", "metavar": "KEY=VALUE"}}
    if name == "stop":
        return {"--status": {"default": RUN_STATUSES[0], "metavar": "|".join(RUN_STATUSES)}}
    if name == "log":
        parser.add_argument("values", nargs="+", metavar="NAME=VALUE")
        return {"--step": {"type": int}}
    if name == "autolog":
        return {"--off": {"action": "store_true"}}
    if name == "diff":
        parser.add_argument("a", metavar="A")
        parser.add_argument("b", metavar="B")
    if name == "config":
        parser.add_argument("changes", nargs="*", metavar="NAME=VALUE")
    return {}


def options_of(name: str) -> list[str]:
    """The options of a subcommand other than `run`, as they are completed."""
    return [option for action in make_parser(name)._actions for option in action.option_strings]


def _unknown(name: str) -> BadInputError:
    known = [*SUBCOMMANDS, *COMMANDS]
    close = difflib.get_close_matches(name, known, 1)
    guess = f"Did you mean %mlops {close[0]}? " if close else ""
    return BadInputError(
        f"%mlops has no subcommand {name!r}.",
        field="subcommand",
        hint=f"{guess}There are {', '.join(known)}.",
    )
