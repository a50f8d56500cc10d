"""`%mlops start`, `stop`, `log`, `autolog`, `diff`, `stale` and `snapshot`."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING, Any

from jupyter_mlops.errors import BadInputError
from jupyter_mlops.experiments import comparison, logging, notebook, runs
from jupyter_mlops.magics.card import Card, show
from jupyter_mlops.readable import show_values
from jupyter_mlops.syntax import read_literal

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell


def start(_ip: InteractiveShell, arguments: Namespace) -> None:
    """Start an MLflow run."""
    name = " ".join(arguments.name) or None
    started = runs.start(name, experiment=arguments.experiment, tags=read_tags(arguments.tag))
    show(started.card())


def stop(_ip: InteractiveShell, arguments: Namespace) -> None:
    """End the active MLflow run."""
    show(runs.stop(arguments.status).card())


def log(ip: InteractiveShell, arguments: Namespace) -> None:
    """Log values."""
    values = {}
    for word in arguments.values:
        name, text = split_pair(word, "log", "accuracy=0.93")
        values[name] = read_value(ip, text)
    run, logged = logging.log_values(values, arguments.step)
    facts = [
        ("Metrics", show_values(dict(logged.metrics))),
        ("Params", show_values(dict(logged.params))),
        ("Artifacts", ", ".join(logged.artifacts) or None),
    ]
    show(Card(f"Logged to {run}", facts))


def autolog(_ip: InteractiveShell, arguments: Namespace) -> None:
    """Switch MLflow's autologging."""
    logging.autolog(disable=arguments.off)
    if arguments.off:
        show(Card("MLflow logs nothing by itself any more."))
    else:
        notes = ["Outside a run, each fit makes one. %mlops autolog --off ends it."]
        show(Card("MLflow logs by itself what is fitted from now on.", notes=notes))


def diff(_ip: InteractiveShell, arguments: Namespace) -> None:
    """Compare two executions or two MLflow runs."""
    show(comparison.diff(arguments.a, arguments.b).card())


def stale(_ip: InteractiveShell, arguments: Namespace) -> None:
    """List the stale cells."""
    show(notebook.stale(arguments.notebook).card())


def snapshot(_ip: InteractiveShell, _arguments: Namespace) -> None:
    """Keep a copy of the notebook."""
    show(notebook.snapshot().card())


def read_value(ip: InteractiveShell, text: str) -> Any:
    """A value as it was typed: a number, a literal, a variable of the notebook by its name, else the text."""
    if text.isidentifier() and text in ip.user_ns:
        return ip.user_ns[text]
    try:
        return read_literal(text)
    except (ValueError, SyntaxError):
        pass
    try:
        return float(text)  # nan, inf
    except ValueError:
        return text


def read_tags(words: list[str] | None) -> dict[str, str]:
    """Tags typed as `--tag key=value`."""
    return dict(split_pair(word, "start --tag", "team=vision") for word in words or ())


def split_pair(word: str, where: str, example: str) -> tuple[str, str]:
    """A name and a text, typed as `name=text`.

    Raises:
        BadInputError: there is no `=`, or nothing before it.
    """
    name, equals, text = word.partition("=")
    if not equals or not name:
        hint = f"Write {word}={word}" if word.isidentifier() and where == "log" else f"Write {example}"
        raise BadInputError(
            f"%mlops {where} takes NAME=VALUE without spaces around the =, not {word!r}.",
            field="values",
            hint=hint,
        )
    return name, text
