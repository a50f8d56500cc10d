"""Scoring a table in one go: the same model, table and date give the same files, however often."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_mlops.config import Settings
from jupyter_mlops.errors import BadInputError
from jupyter_mlops.models.checked_files import check_files
from jupyter_mlops.models.reference import ModelReference
from jupyter_mlops.models.scoring.columns import Problems, fit_columns
from jupyter_mlops.models.scoring.rows import predict_rows
from jupyter_mlops.models.scoring.tables import (
    ENDINGS,
    check_ending,
    put_in_place,
    read_table,
    sha_of,
    write_table,
)
from jupyter_mlops.tracking.model_files import FetchedVersion, fetched_version, load_model
from jupyter_mlops.tracking.probe import check_tracking

if TYPE_CHECKING:
    from pandas import DataFrame

MODEL_COLUMN, PROBLEM_COLUMN = "model_version", "problem"
MOST_PROBLEMS = 1000


@dataclass(frozen=True)
class ScoringReport:
    """What became of each row. It holds no clock, so that the same work gives the same report.

    Args:
        model: the version that scored, `NAME/3`; the column `model_version` says so in each row, too.
        asked: as it was named, such as `models:/NAME@champion`.
        rows: of the table; each is in the scores, whether it could be scored or not.
        with_gaps: how many of them lack a value that the model takes.
        unscored: how many have no prediction; the column `problem` says why.
        problems: of the first 1,000 of those: the row, counted from 0, and why.
        unused_columns: of the table, which the model does not take.
    """

    model: str
    asked: str
    logical_date: str
    data: str
    data_sha: str
    scores: str
    scores_sha: str
    rows: int
    with_gaps: int
    unscored: int
    problems: list[dict[str, Any]]
    unused_columns: list[str]

    def as_dict(self) -> dict[str, Any]:
        """As `report.json` and the CLI's `--json` have it."""
        return asdict(self)


def score(
    model: str,
    data: str | os.PathLike[str],
    output: str | os.PathLike[str],
    *,
    logical_date: str | date | None = None,
    ending: str = ".parquet",
    settings: Settings | None = None,
) -> ScoringReport:
    """Score a table with a model version, and write `OUTPUT/logical_date=DATE/scores.parquet`.

    All columns of the table are kept, in its order, with `prediction`, `model_version` and `problem`
    beside them. What was written for the same date before is replaced, in one step; `report.json` lies
    beside it. The model runs in this process: call it in a job's kernel, or by `jupyter mlops score`.

    Args:
        model: `models:/NAME@champion`, or a version.
        data: a table: Parquet, CSV or JSON lines.
        output: a folder.
        logical_date: the day that the table is of; by default that for which the job run was scheduled,
            else today (UTC).
        ending: `.parquet`, `.csv` or `.jsonl`: how the scores are written.

    Raises:
        BadInputError: the table is not what the model takes (the column is named), or the model has no
            signature.
        ScoringError: no row can be scored.
        ChangedModelError: a file of the model changed since it was registered.
        NotFoundError: there is no such version.
    """
    settings = settings or Settings.load()
    reference = ModelReference.parse(model)
    path = check_ending(Path(data), "data")
    day = _day(logical_date)
    if ending not in ENDINGS:
        raise BadInputError(f"{ending!r} is not one of {', '.join(ENDINGS)}.", field="ending")
    check_tracking(settings.tracking_uri)
    table = read_table(path)
    _refuse_our_columns(table)
    with fetched_version(settings.tracking_uri, reference.name, reference.version) as version:
        signature = _signature(version)
        rows, problems = fit_columns(table, signature)
        check_files(version)
        predicted = predict_rows(load_model(version.folder), rows, signature, problems)

    folder = Path(output) / f"logical_date={day}"
    folder.mkdir(parents=True, exist_ok=True)
    scores = folder / f"scores{ending}"
    name = f"{reference.name}/{version.version}"
    sha = write_table(_scored(table, predicted, problems, name), scores)
    report = ScoringReport(
        name,
        str(reference),
        day,
        str(data),
        sha_of(path),
        str(scores),
        sha,
        len(table),
        int(rows.isna().any(axis=1).sum()),
        len(problems),
        [{"row": int(row), "problem": why} for row, why in sorted(problems.items())[:MOST_PROBLEMS]],
        [str(column) for column in table if column not in rows],
    )
    _write_report(report, folder)
    for other in ENDINGS:  # what was written for this date in another form is not of it any more
        if other != ending:
            (folder / f"scores{other}").unlink(missing_ok=True)
    return report


def _signature(version: FetchedVersion) -> Mapping[str, Any]:
    if version.signature is None:
        raise BadInputError(
            f"{version.name}, version {version.version}, has no signature: a table cannot be checked "
            "against it.",
            field="model",
            hint="Log the model with one: signature=mlflow.models.infer_signature(X, predictions).",
        )
    return version.signature


def _scored(table: DataFrame, predicted: DataFrame, problems: Problems, name: str) -> DataFrame:
    import pandas as pd

    whole = table.join(predicted)
    whole[MODEL_COLUMN] = name
    whole[PROBLEM_COLUMN] = pd.Series(
        [problems.get(row) for row in table.index], index=table.index, dtype="object"
    )
    return whole


def _refuse_our_columns(table: DataFrame) -> None:
    ours = [str(name) for name in table if str(name) in ("prediction", MODEL_COLUMN, PROBLEM_COLUMN)]
    if ours:
        raise BadInputError(
            f"The table has a column {ours[0]!r} already, which the scores are to have.",
            field="data",
            hint="Rename it.",
        )


def _write_report(report: ScoringReport, folder: Path) -> None:
    partial = folder / f".report.{os.getpid()}.json"
    partial.write_text(json.dumps(report.as_dict(), indent=1) + "\n", encoding="utf-8")
    put_in_place(partial, folder / "report.json")
    partial.unlink(missing_ok=True)


def _day(given: str | date | None) -> str:
    from jupyter_mlops.models.scoring.logical_date import check_day

    if given is None or given == "":
        return _scheduled_day()
    return check_day(given) if isinstance(given, str) else given.isoformat()[:10]


def _scheduled_day() -> str:
    """The day of the fire that made this job run; a run that was tried again later keeps its day."""
    from jupyter_mlops.models.scoring.logical_date import scheduled_moment

    return (scheduled_moment() or datetime.now(timezone.utc)).date().isoformat()
