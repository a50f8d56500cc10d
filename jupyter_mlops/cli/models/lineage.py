"""`jupyter mlops models lineage`, `card`, `compare`, `uses`: where versions come from, both ways."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from jupyter_mlops.cli.options import json_option
from jupyter_mlops.cli.output import echo_json, print_table

_VERSION = "NAME[/VERSION|@ALIAS]"


@click.command("lineage")
@click.argument("model", metavar=_VERSION)
@json_option
def lineage_command(model: str, as_json: bool) -> None:
    """Show where a version comes from: run, notebook, cell, data, environment, gates; else the champion's."""
    from jupyter_mlops.cli.models.catalogue import open_catalogue
    from jupyter_mlops.models.lineage import draw_lineage, lineage_lines
    from jupyter_mlops.models.reference import ModelReference

    dossier = open_catalogue().dossier(ModelReference.parse(model))
    graph = draw_lineage(dossier.page, dossier.evidence)
    if as_json:
        echo_json(graph)
    else:
        click.echo("\n".join(lineage_lines(graph)))


@click.command("card")
@click.argument("model", metavar=_VERSION)
@click.option("--html", is_flag=True, help="An HTML page that stands alone.  [default: Markdown]")
@click.option("-o", "--output", metavar="FILE", type=click.Path(path_type=Path), help="Write it to a file.")
@json_option
def card_command(model: str, html: bool, output: Path | None, as_json: bool) -> None:
    """Write the model card of a version; without one, the champion's."""
    from jupyter_mlops.cli.models.catalogue import open_catalogue
    from jupyter_mlops.models.card import write_card
    from jupyter_mlops.models.reference import ModelReference

    dossier = open_catalogue().dossier(ModelReference.parse(model))
    form = "html" if html else "markdown"
    content = write_card(dossier.page, dossier.evidence, form)
    if output is not None:
        output.write_text(content, "utf-8")
    if as_json:
        echo_json({"format": form, "content": content})
    else:
        click.echo(f"Written to {output}." if output is not None else content, nl=output is not None)


@click.command("compare")
@click.argument("name")
@click.argument("a", metavar="A")
@click.argument("b", metavar="B")
@json_option
def compare_command(name: str, a: str, b: str, as_json: bool) -> None:
    """Show what differs between the versions A and B (numbers, or @ALIAS) of the model NAME."""
    from jupyter_mlops.cli.models.catalogue import open_catalogue
    from jupyter_mlops.models.reference import ModelReference

    compared = open_catalogue().compare(ModelReference.of(name, a), ModelReference.of(name, b))
    if as_json:
        echo_json(compared)
        return
    kinds = (("param", "params"), ("metric", "metrics"), ("data", "data"), ("package", "environment"))
    print_table(
        ("", "", f"Version {compared['a']}", f"Version {compared['b']}"),
        (row for word, kind in kinds for row in _differences(word, compared[kind])),
        "They do not differ in parameters, metrics, data or environment.",
    )
    if compared["code"]:
        click.echo(f"\n{compared['code']}")
    else:
        click.echo("\n" + ("The code is the same." if compared["code"] == "" else "Code: not known of both."))


@click.command("uses")
@click.argument("data")
@json_option
def uses_command(data: str, as_json: bool) -> None:
    """List the model versions that used DATA: a file's path or its end, a data set's name, a hash's start."""
    from jupyter_mlops.cli.models.catalogue import open_catalogue

    uses = open_catalogue().uses(data)
    if as_json:
        echo_json({"items": uses})
        return
    print_table(
        ("Model", "Version", "Aliases", "How", "Data", "Notebook"),
        (
            (
                use["model"],
                use["version"],
                ", ".join(use["aliases"]),
                use["how"],
                use["data"],
                use["notebook"],
            )
            for use in uses
        ),
        f"No version is known to have used {data!r}.",
    )


def _differences(word: str, pairs: list[dict[str, Any]]) -> list[tuple[object, ...]]:
    return [(word, pair["name"], pair["a"], pair["b"]) for pair in pairs if pair["a"] != pair["b"]]
