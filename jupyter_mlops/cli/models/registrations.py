"""`jupyter mlops models registrations`: models on their way into the registry."""

from __future__ import annotations

import click

from jupyter_mlops.cli.models.registration_report import print_registration
from jupyter_mlops.cli.options import json_option, limit_option
from jupyter_mlops.cli.output import echo_json, print_table
from jupyter_mlops.readable import show_moment


@click.command("registrations")
@click.argument("registration", required=False)
@click.option("--model", metavar="NAME", help="Only those of this model.")
@click.option("--state", metavar="STATES", help="Only these, as awaiting_approval,kept.")
@limit_option
@json_option
def registrations_command(
    registration: str | None, model: str | None, state: str | None, limit: int, as_json: bool
) -> None:
    """List models on their way into the registry, newest first; or show one REGISTRATION with its gates.

    `--state awaiting_approval` lists what waits for a decision.
    """
    from jupyter_mlops.models.registration import (
        find_registration,
        list_registrations,
        parse_states,
        registration_as_dict,
    )
    from jupyter_mlops.store.paging import PageRequest
    from jupyter_mlops.workspace import Workspace

    states = parse_states(state)
    with Workspace().store.reading() as session:
        if registration is not None:
            row = find_registration(session, registration)
            echo_json(registration_as_dict(row)) if as_json else print_registration(row)
            return
        page = list_registrations(session, PageRequest(limit), model=model, states=states)
    if as_json:
        items = [registration_as_dict(row) for row in page.items]
        echo_json({"items": items, "next_cursor": page.next_cursor})
        return
    print_table(
        ("Registration", "Model", "Version", "State", "When", "Message"),
        (
            (row.id, row.model, row.version, row.state, show_moment(row.created_at), row.message)
            for row in page.items
        ),
        "No registrations. `jupyter mlops run NOTEBOOK --register NAME` makes one.",
    )
