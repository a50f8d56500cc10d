"""What JupyterLab's sidebar asks of a kernel, in silent requests that bind no name.

Each answer is JSON in hexadecimal digits, which no quoting can spoil: `value`, or the `problem` why there is
none, as `Problem` in the REST schema. The state is asked after every cell, so this imports next to nothing.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from functools import wraps
from typing import Any

from jupyter_mlops.errors import BadInputError, MlopsError
from jupyter_mlops.tracking.active import active_run
from jupyter_mlops.tracking.autologging import autologging

KEPT_TAG = "mlops.kept_snapshot_sha"
"""The tag of an MLflow run with the newest copy of the notebook that was kept by hand while it was active."""


def _answer(function: Callable[..., Any]) -> Callable[..., str]:
    @wraps(function)
    def answered(*arguments: Any) -> str:
        try:
            answer = {"value": function(*arguments)}
        except MlopsError as error:
            answer = {"problem": error.as_problem()}
        return json.dumps(answer, default=str).encode().hex()

    return answered


@_answer
def state() -> dict[str, Any]:
    """The active `run`, and the libraries that `autolog` is on for."""
    return {"run": active_run(), "autolog": autologging()}


@_answer
def autolog(on: bool) -> None:
    """Switch MLflow's autologging."""
    from jupyter_mlops.experiments.logging import autolog as switch

    switch(disable=not on)


@_answer
def log(kind: str, name: str, value: str | float) -> str:
    """Log one value as a `param`, a `metric` or a `tag` to the active run, whose name is returned."""
    from jupyter_mlops.experiments.logging import log_values, set_tag

    if kind == "tag":
        return set_tag(name, str(value))
    typed = str(value) if kind == "param" else float(value)
    return log_values({name: typed})[0]


@_answer
def snapshot() -> dict[str, Any]:
    """Keep a copy of the saved notebook; an active run is told its hash.

    Returns:
        `sha`, `notebook`, `differences` (from what was executed, in sentences), and `run`: the name of the
        MLflow run that was told, or `run_problem`: why the active one could not be.
    """
    from jupyter_mlops.config import Settings
    from jupyter_mlops.experiments.logging import set_tag
    from jupyter_mlops.experiments.notebook import snapshot as keep
    from jupyter_mlops.notebooks.snapshots import SnapshotStore

    kept = keep()
    told = {"sha": str(kept), "notebook": kept.notebook, "differences": list(kept.differences)}
    if active_run() is None:
        return {**told, "run": None, "run_problem": None}
    SnapshotStore(Settings.load().snapshots).keep(kept.path.read_bytes(), pin=True)
    try:
        return {**told, "run": set_tag(KEPT_TAG, str(kept)), "run_problem": None}
    except MlopsError as error:
        return {**told, "run": None, "run_problem": error.message}


@_answer
def runs() -> list[dict[str, Any]]:
    """The MLflow runs of this notebook, newest first, as `runs_of_notebook` lists them."""
    from jupyter_mlops.config import Settings
    from jupyter_mlops.experiments.notebook import require_shell
    from jupyter_mlops.magics.place import this_notebook
    from jupyter_mlops.tracking.fluent import use_tracking
    from jupyter_mlops.tracking.notebook_runs import runs_of_notebook
    from jupyter_mlops.workspace import Workspace

    place = this_notebook(require_shell(), Workspace(), None)
    return runs_of_notebook(use_tracking(Settings.load()), place.notebook)


@_answer
def diff(a: str, b: str) -> dict[str, Any]:
    """What differs between two MLflow runs: what they are called (`a`, `b`), and `rows` of name, a, b."""
    from jupyter_mlops.experiments.comparison import diff as compare

    found = compare(a, b)
    if found.kind != "run":
        raise BadInputError("Only MLflow runs are compared here.", field="a")
    rows = [{"name": name, "a": _plain(of_a), "b": _plain(of_b)} for name, of_a, of_b in found.rows]
    return {"a": found.a, "b": found.b, "rows": rows}


def _plain(value: Any) -> Any:
    """As strict JSON can have it: it knows neither nan nor infinities."""
    is_odd = isinstance(value, float) and not math.isfinite(value)
    return str(value) if is_odd else value
