"""`jupyter mlops models`: registered models, from a run's model to the champion and back."""

from __future__ import annotations

import click

from jupyter_mlops.cli.lazy_commands import LazyCommands

_COMMANDS = {
    "list": ("reading", "List the registered models."),
    "show": ("reading", "Show a model, or one of its versions."),
    "lineage": ("lineage", "Show where a version comes from."),
    "card": ("lineage", "Write a version's model card."),
    "compare": ("lineage", "Show what differs between two versions."),
    "uses": ("lineage", "List the versions that used some data."),
    "history": ("reading", "List how a model's aliases moved: who, when, why."),
    "gates": ("gates", "List the kinds of gates, and what each takes."),
    "register": ("register", "Register the model of a run that has ended."),
    "registrations": ("registrations", "List models on their way into the registry."),
    "approve": ("decisions", "Approve a version that waits for it."),
    "reject": ("decisions", "Reject a version that waits for approval."),
    "promote": ("aliases", "Move an alias to a version by hand."),
    "rollback": ("aliases", "Give an alias back to the version that held it before."),
}


@click.command(cls=LazyCommands, package="jupyter_mlops.cli.models", lazy_commands=_COMMANDS)
def models_command() -> None:
    """Register models behind gates, approve and promote them by alias, and roll back."""
