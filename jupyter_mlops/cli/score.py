"""`jupyter mlops score`: a table through a model version, now or as a job's notebook."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from jupyter_mlops.cli.options import json_option
from jupyter_mlops.cli.output import echo_json, print_facts

if TYPE_CHECKING:
    from jupyter_mlops.models.scoring.template import ScoringNotebook


@click.command("score")
@click.argument("model")
@click.argument("data", type=click.Path(path_type=Path))
@click.argument("output", type=click.Path(path_type=Path))
@click.option(
    "--date", "logical_date", metavar="YYYY-MM-DD", help="The day that the table is of.  [default: today]"
)
@click.option(
    "--ending", default=".parquet", show_default=True, help="How scores are written: .parquet, .csv, .jsonl."
)
@click.option(
    "--notebook",
    type=click.Path(path_type=Path),
    help="Score nothing now: write a notebook that does, to be run and scheduled as a job.",
)
@json_option
def score_command(
    model: str,
    data: Path,
    output: Path,
    logical_date: str | None,
    ending: str,
    notebook: Path | None,
    as_json: bool,
) -> None:
    """Score the table DATA with MODEL (models:/NAME@champion) into the folder OUTPUT.

    DATA is Parquet, CSV or JSON lines; OUTPUT/logical_date=DATE/scores.parquet gets all its rows, with the
    prediction, the version that made it, and for a row that could not be scored the reason. Once more for the
    same date replaces the file.
    """
    from jupyter_mlops.models.scoring.template import ScoringNotebook

    if notebook is not None:
        _write(ScoringNotebook(model, str(data), str(output), logical_date or "", ending), notebook, as_json)
        return
    from jupyter_mlops.models.scoring.apart import score_apart

    report = score_apart(model, data, output, logical_date=logical_date, ending=ending)
    if as_json:
        echo_json(report)
    else:
        _tell(report)


def _write(wanted: ScoringNotebook, path: Path, as_json: bool) -> None:
    written = wanted.write(path)
    if as_json:
        echo_json({"notebook": str(written)})
    else:
        click.echo(f"Written: {written}. It scores by `jupyter mlops run '{written}'`, and every night by")
        click.echo(f"  jupyter mlops schedule '{written}' --cron '0 2 * * *'")


def _tell(report: dict[str, Any]) -> None:
    problems = [f"row {one['row']}: {one['problem']}" for one in report["problems"][:10]]
    print_facts(
        [
            ("Model", report["model"]),
            ("Of", report["logical_date"]),
            ("Rows", f"{report['rows']}, {report['with_gaps']} of them with missing values"),
            ("Not scored", report["unscored"]),
            *(("", line) for line in problems),
            ("Not used", ", ".join(report["unused_columns"]) or None),
            ("Scores", report["scores"]),
        ]
    )
