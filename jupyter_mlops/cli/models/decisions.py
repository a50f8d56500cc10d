"""`jupyter mlops models approve`, `reject`: a person's word on a version that waits for it."""

from __future__ import annotations

import click

from jupyter_mlops.cli.models.registration_report import REFUSALS, print_registration
from jupyter_mlops.cli.options import json_option
from jupyter_mlops.cli.output import echo_json

_comment_option = click.option("-m", "--comment", metavar="TEXT", help="Why; it is kept as evidence.")


@click.command("approve")
@click.argument("registration")
@_comment_option
@json_option
def approve_command(registration: str, comment: str | None, as_json: bool) -> int:
    """Approve what waits for it: its alias moves at once, unless a gate now holds it back."""
    return _decide(registration, True, comment, as_json)


@click.command("reject")
@click.argument("registration")
@_comment_option
@json_option
def reject_command(registration: str, comment: str | None, as_json: bool) -> int:
    """Reject what waits for approval: the version stays, its alias does not move."""
    _decide(registration, False, comment, as_json)
    return 0


def _decide(registration: str, approve: bool, comment: str | None, as_json: bool) -> int:
    from jupyter_mlops.models.carry_out import carry_out
    from jupyter_mlops.models.decisions import decide
    from jupyter_mlops.models.left_behind import finish_rejection
    from jupyter_mlops.models.registration import registration_as_dict
    from jupyter_mlops.models.requests import this_user
    from jupyter_mlops.workspace import Workspace

    workspace = Workspace()
    with workspace.store.session() as session:
        row = decide(session, registration, approve=approve, actor=this_user(), comment=comment)
    if approve:
        row = carry_out(workspace.store, workspace.settings, row.id)
    else:
        finish_rejection(workspace.store, workspace.settings, row)
    if as_json:
        echo_json(registration_as_dict(row))
    else:
        print_registration(row)
    return 1 if row.state in REFUSALS else 0
