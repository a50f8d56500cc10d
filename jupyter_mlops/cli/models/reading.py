"""`jupyter mlops models list`, `show`, `history`: what the registry holds."""

from __future__ import annotations

from typing import Any

import click

from jupyter_mlops.cli.options import json_option
from jupyter_mlops.cli.output import echo_json, print_facts, print_table
from jupyter_mlops.readable import show_bytes, show_moment, show_values


@click.command("list")
@json_option
def list_command(as_json: bool) -> None:
    """List the registered models, each with its aliases and its newest version."""
    from jupyter_mlops.cli.models.catalogue import open_catalogue

    models = open_catalogue().models()
    if as_json:
        echo_json({"items": models})
        return
    print_table(
        ("Model", "Versions", "Aliases", "Newest", "Gates", "Metrics"),
        map(_model_row, models),
        "No registered models. `jupyter mlops run NOTEBOOK --register NAME` makes one.",
    )


@click.command("show")
@click.argument("model", metavar="NAME[/VERSION|@ALIAS]")
@json_option
def show_command(model: str, as_json: bool) -> None:
    """Show a registered model, or one version: its metrics, gates, files, and where it comes from."""
    from jupyter_mlops.cli.models.catalogue import names_a_version, open_catalogue
    from jupyter_mlops.models.reference import ModelReference

    catalogue = open_catalogue()
    if not names_a_version(model):
        page = catalogue.model(model)
        if as_json:
            echo_json(page)
        else:
            _print_model(page)
        return
    dossier = catalogue.dossier(ModelReference.parse(model))
    if as_json:
        echo_json(dossier.page)
    else:
        _print_version(dossier.page)
        _print_gates(dossier.evidence["gates"])


@click.command("history")
@click.argument("name")
@json_option
def history_command(name: str, as_json: bool) -> None:
    """List how the aliases of the model NAME moved, newest first: who moved them, when, and why."""
    from jupyter_mlops.cli.models.catalogue import open_catalogue

    moves = open_catalogue().model(name)["moves"]
    if as_json:
        echo_json({"items": moves})
        return
    print_table(
        ("When", "Alias", "From", "To", "Action", "By", "Reason", "State"),
        (
            (
                show_moment(move["created_at"]),
                move["alias"],
                move["from_version"],
                move["to_version"],
                move["action"],
                move["actor"],
                move["reason"],
                move["state"],
            )
            for move in moves
        ),
        "None of its aliases was moved from here.",
    )


def _model_row(model: dict[str, Any]) -> tuple[object, ...]:
    versions = model["versions"]
    newest = versions[0] if versions else {}
    aliases = sorted((alias, one["version"]) for one in versions for alias in one["aliases"])
    return (
        model["name"],
        len(versions),
        ", ".join(f"{alias}={version}" for alias, version in aliases),
        newest.get("version"),
        newest.get("gate"),
        show_values(newest.get("metrics", {})),
    )


def _print_model(page: dict[str, Any]) -> None:
    aliases = ", ".join(f"{alias}={version}" for alias, version in sorted(page["aliases"].items()))
    print_facts(
        [("Model", page["name"]), ("Description", page["description"]), ("Aliases", aliases or "none")]
    )
    click.echo()
    print_table(
        ("Version", "Aliases", "Made", "Notebook", "Run", "Gates", "Metrics"),
        (
            (
                version["version"],
                ", ".join(version["aliases"]),
                show_moment(version["created_at"]),
                version["notebook"],
                version["run_id"],
                version["gate"],
                show_values(version["metrics"]),
            )
            for version in page["versions"]
        ),
        "No versions.",
    )


def _print_version(page: dict[str, Any]) -> None:
    data = (f"{entry['name']} ({entry['kind']}, {entry['context']})" for entry in page["data"])
    print_facts(
        [
            ("Model", page["name"]),
            ("Version", page["version"]),
            ("Aliases", ", ".join(page["aliases"]) or "none"),
            ("Made", show_moment(page["created_at"])),
            ("Description", page["description"]),
            ("Metrics", show_values(page["metrics"])),
            ("Parameters", show_values(page["params"])),
            (
                "Format",
                page["serialization"] + (", can run code when loaded" if page["can_run_code"] else ""),
            ),
            ("Size", None if page["size_bytes"] is None else show_bytes(page["size_bytes"])),
            ("Warning", page["checksum_problem"]),
            ("Notebook", page["notebook"]),
            ("Snapshot", page["snapshot_sha"]),
            ("Commit", page["commit"]),
            ("Run", page["run_id"]),
            ("MLflow run", page["mlflow_run_id"]),
            ("Data", ", ".join(data) or None),
            ("Requirements", ", ".join(page["requirements"]) or None),
        ]
    )


def _print_gates(gates: list[dict[str, Any]]) -> None:
    click.echo()
    print_table(
        ("Gate", "Before", "Verdict", "What it saw"),
        ((gate["kind"], gate["before"], gate["verdict"], gate["message"]) for gate in gates),
        "No gate judged it.",
    )
