"""`%mlops register`: a model of this notebook as a new version of a registered model."""

from __future__ import annotations

from argparse import Namespace
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from jupyter_mlops.errors import NotFoundError
from jupyter_mlops.experiments.model_sources import find_source, last_logged
from jupyter_mlops.experiments.registering import register_source
from jupyter_mlops.magics.card import show
from jupyter_mlops.models.gates.registry import parse_plan
from jupyter_mlops.tracking.registry import check_model_name
from jupyter_mlops.workspace import Workspace

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

NO_EXAMPLE = "no"


def register(ip: InteractiveShell, arguments: Namespace) -> None:
    """Make the version, and show it."""
    name = check_model_name(arguments.name)
    plan = parse_plan({"alias": arguments.alias, "gates": arguments.gates})
    workspace = Workspace()
    wanted = arguments.source
    source = find_source(workspace, wanted, ip.user_ns) if wanted else last_logged(name, ip.user_ns)
    made = register_source(workspace, source, name, plan, example=_example(ip, arguments.example))
    show(made.card())


def _example(ip: InteractiveShell, given: str | None) -> Any:
    """The variable named, False for none."""
    if given is None:
        return None
    if given == NO_EXAMPLE:
        return False
    with suppress(KeyError):
        return ip.user_ns[given]
    raise NotFoundError(
        f"There is no variable {given!r} in this notebook.",
        field="example",
        hint="Name a variable with rows as the model takes them, or write --example no.",
    )
