"""`jupyter mlops models register`: the model of a run that has ended, behind its gates."""

from __future__ import annotations

from typing import Any

import click

from jupyter_mlops.cli.models.registration_report import REFUSALS, print_registration
from jupyter_mlops.cli.options import json_option
from jupyter_mlops.cli.output import echo_json
from jupyter_mlops.cli.registration_options import plan_options

MLFLOW_RUN_ID_CHARS = 32


@click.command("register")
@click.argument("run")
@click.argument("model")
@plan_options
@json_option
def register_command(run: str, model: str, registration: dict[str, Any], as_json: bool) -> int:
    """Register what RUN logged as a new version of MODEL.

    RUN is a job run's id, or an MLflow run's. Exit code 1: a gate refused it, or held its alias back.
    """
    from jupyter_mlops.models.carry_out import carry_out
    from jupyter_mlops.models.registration import registration_as_dict
    from jupyter_mlops.models.requests import request_registration, this_user
    from jupyter_mlops.workspace import Workspace

    workspace = Workspace()
    of_mlflow = len(run) == MLFLOW_RUN_ID_CHARS
    row = request_registration(
        workspace.store,
        workspace.settings,
        model,
        run_id=None if of_mlflow else run,
        mlflow_run_id=run if of_mlflow else None,
        registration=registration,
        actor=this_user(),
        held=True,
    )
    row = carry_out(workspace.store, workspace.settings, row.id, holder=row.holder)
    if as_json:
        echo_json(registration_as_dict(row))
    else:
        print_registration(row)
    return 1 if row.state in REFUSALS else 0
