"""Predicting for all rows that can be predicted for, and finding those that cannot."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

from jupyter_mlops.errors import MlopsError
from jupyter_mlops.models.scoring.columns import Problems, cast_whole

if TYPE_CHECKING:
    from pandas import DataFrame

MOST_CALLS = 500


class ScoringError(MlopsError):
    """A model could not score a table; nothing was written."""

    code = "scoring_failed"
    status = 422


class Predictor(Protocol):
    """A model, loaded."""

    def predict(self, data: Any) -> Any:
        """Its answer for rows."""
        ...


def predict_rows(
    model: Predictor, rows: DataFrame, signature: Mapping[str, Any], problems: Problems
) -> DataFrame:
    """The predictions of all rows that have no problem; those that turn out to have one are added to them.

    A batch that fails is halved until its bad rows are found.

    Raises:
        ScoringError: no row can be scored, or too many cannot.
    """
    import pandas as pd

    good = cast_whole(rows.drop(index=list(problems)), signature)
    parts: list[DataFrame] = []
    waiting = [good] if len(good) else []
    calls = 0
    while waiting:
        batch = waiting.pop()
        calls += 1
        try:
            parts.append(_as_frame(model.predict(batch), batch))
            continue
        except Exception as error:  # noqa: BLE001 - whatever a model raises for rows that it cannot take
            why = f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"
        if calls > MOST_CALLS:
            raise ScoringError(
                f"Too many rows cannot be scored; the last failed with {why}.",
                field="data",
                hint="Nothing was written. Mend the table, or the model.",
            )
        if len(batch) == 1:
            problems[batch.index[0]] = why
        else:
            half = len(batch) // 2
            waiting += [batch.iloc[half:], batch.iloc[:half]]
    if not parts and len(rows):
        first = problems[min(problems)]
        raise ScoringError(
            f"None of the {len(rows)} rows can be scored; the first: {first}.",
            field="data",
            hint="Nothing was written.",
        )
    predicted = pd.concat(parts).sort_index() if parts else pd.DataFrame()
    for row in predicted.index[predicted.isna().all(axis=1)]:
        problems[row] = "the model predicted no value"
    return predicted


def _as_frame(predicted: Any, rows: DataFrame) -> DataFrame:
    """A column `prediction`, or one for each of several outputs."""
    import pandas as pd

    if isinstance(predicted, pd.DataFrame):
        frame = predicted.set_axis(rows.index).add_prefix("prediction_")
    else:
        frame = pd.DataFrame(predicted, index=rows.index)
        frame.columns = [f"prediction_{name}" for name in frame.columns]
    if frame.shape[1] == 1:
        frame.columns = ["prediction"]
    return frame
