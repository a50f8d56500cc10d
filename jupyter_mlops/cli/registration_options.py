"""Options for how a run's model is registered: under which name, behind which gates, for which alias."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import click

from jupyter_mlops.errors import BadInputError

_REGISTER = click.option(
    "--register", metavar="NAME", help="Register the model that the notebook logs under this name."
)
_PLAN = (
    click.option(
        "--gate",
        "gates",
        multiple=True,
        metavar="GATE",
        help="What the model must pass, as 'metric:accuracy>=0.9' or approval; may be given several times. "
        "`jupyter mlops models gates` lists the kinds.",
    ),
    click.option("--logged-model", metavar="NAME", help="Which, if the notebook logs several models."),
    click.option(
        "--registration",
        "file",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        help="All of this in a YAML file: model, alias, gates...",
    ),
)
Command: TypeAlias = Callable[..., Any]


def registration_options(*, short_alias: bool) -> Callable[[Command], Command]:
    """Give a command the options; it gets `register`, a name or None, and `registration`, a plan as written.

    Args:
        short_alias: let `--alias` say the same as `--promote-to`, where it says nothing else.
    """

    def decorate(command: Command) -> Command:
        @functools.wraps(command)
        def with_registration(*arguments: Any, register: str | None, **given: Any) -> Any:
            plan = _take_plan(given)
            of_file = plan.pop("model", None)
            return command(*arguments, register=register or of_file, registration=plan, **given)

        return _decorated(with_registration, (_REGISTER, _alias_option(short_alias), *_PLAN))

    return decorate


def plan_options(command: Command) -> Command:
    """Give a command, which has the model's name already, the others; it gets `registration`."""

    @functools.wraps(command)
    def with_plan(*arguments: Any, **given: Any) -> Any:
        plan = _take_plan(given)
        plan.pop("model", None)
        return command(*arguments, registration=plan, **given)

    return _decorated(with_plan, (_alias_option(short=True), *_PLAN))


def _alias_option(short: bool) -> Callable[[Command], Command]:
    names = ("--promote-to", "--alias") if short else ("--promote-to",)
    text = "Then move this alias to the version, if its gates pass: champion."
    return click.option(*names, "promote_to", metavar="ALIAS", help=text)


def _decorated(command: Command, options: Sequence[Callable[[Command], Command]]) -> Command:
    for option in reversed(options):
        command = option(command)
    return command


def _take_plan(given: dict[str, Any]) -> dict[str, Any]:
    """The plan that the options say, over that of the file; they are taken out of what was given."""
    file: Path | None = given.pop("file")
    plan = {} if file is None else _read(file)
    for option, name in (("promote_to", "alias"), ("logged_model", "logged_model")):
        if (value := given.pop(option)) is not None:
            plan[name] = value
    if gates := given.pop("gates"):
        plan["gates"] = [*(plan.get("gates") or ()), *gates]
    return plan


def _read(file: Path) -> dict[str, Any]:
    import yaml

    try:
        read = yaml.safe_load(file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise BadInputError(f"{file} cannot be read: {error}.", field="registration") from error
    if not isinstance(read, Mapping):
        raise BadInputError(
            f"{file} is no mapping.",
            field="registration",
            hint="It has model, alias and gates, as jobs.yaml.",
        )
    return dict(read)
