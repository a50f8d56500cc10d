"""A registration as the CLI tells it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from jupyter_mlops.cli.output import print_facts, print_table
from jupyter_mlops.readable import show_moment

if TYPE_CHECKING:
    from jupyter_mlops.store.tables import Registration

REFUSALS = ("refused", "kept", "failed", "rejected")
"""The states whose version did not come where it was to go."""


def print_registration(row: Registration) -> None:
    """Write a registration as a short table, its gates below."""
    print_facts(
        [
            ("Registration", row.id),
            ("Model", row.model),
            ("Version", row.version),
            ("State", row.state.replace("_", " ")),
            ("Message", row.message),
            ("Run", row.run_id),
            ("MLflow run", row.mlflow_run_id),
            ("Requested by", row.requested_by),
            ("Decided by", row.decided_by),
            ("Comment", row.comment),
            ("Made", show_moment(row.created_at)),
        ]
    )
    if row.gates:
        click.echo()
        print_table(
            ("Gate", "Before", "Verdict", "What was found", "What would pass"),
            (
                (gate["kind"], gate["before"], gate["verdict"], gate["message"], gate["would_pass"])
                for gate in row.gates
            ),
            "",
        )
