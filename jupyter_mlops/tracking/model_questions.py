"""What the trial process answers in our own environment: scores, what data are like, a user's function."""

from __future__ import annotations

import importlib
import importlib.util
import json
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from jupyter_mlops.tracking.artifact_folder import checksums_of, difference
from jupyter_mlops.tracking.evaluation import EvaluationTable, read_table
from jupyter_mlops.tracking.model_process import CannotError, Loaded, in_words, load, predict
from jupyter_mlops.tracking.model_scores import NEED_PROBABILITIES, check_metrics, compute

if TYPE_CHECKING:
    import pandas as pd

MAX_SLICES = 50
MAX_PROBLEMS = 20


def verify_checksums(folder: str, expected: dict[str, str]) -> None:
    """Compare a model's files with what was noted of them when it was registered."""
    changed = difference(checksums_of(Path(folder)), expected)
    if changed is not None:
        raise CannotError(f"The model's file {changed} since it was approved.", _CHANGED)


_CHANGED = "Register the model anew, or restore the file; it is not loaded as it is."


def score(
    model: dict[str, Any], data: dict[str, Any], metrics: list[str], slices: list[str]
) -> dict[str, Any]:
    """Score a model on evaluation data: `{rows, metrics, slices: {column: {value: {rows, metrics}}}}`."""
    check_metrics(metrics)
    evaluation = _evaluation(data)
    frame = evaluation.table.to_pandas()
    loaded = load(model)
    rows = _model_rows(loaded, evaluation, frame)
    truth = frame[evaluation.target].to_numpy()
    predicted = predict(loaded, rows)
    probabilities = _probabilities(loaded, rows) if set(metrics) & NEED_PROBABILITIES else None

    def scored(at: Any) -> dict[str, Any]:
        part = None if probabilities is None else (probabilities[0][at], probabilities[1])
        return {"rows": len(truth[at]), "metrics": compute(metrics, truth[at], _rows_of(predicted, at), part)}

    whole = scored(slice(None))
    return {**whole, "slices": {name: _by_value(frame, name, scored) for name in slices}}


def inspect_data(data: dict[str, Any], schema: str | None, root: str | None) -> dict[str, Any]:
    """What evaluation data are like: `{rows, columns: {name: {dtype, missing}}, schema_problems}`."""
    frame = _evaluation(data).table.to_pandas()
    return {
        "rows": len(frame),
        "columns": {
            str(name): {"dtype": str(column.dtype), "missing": int(column.isna().sum())}
            for name, column in frame.items()
        },
        "schema_problems": None if schema is None else _schema_problems(frame, schema, root),
    }


def call(function: str, argument: dict[str, Any], root: str | None) -> Any:
    """What a user's function answers, which must be JSON."""
    found = _attribute(function, root)
    if not callable(found):
        raise CannotError(f"{function} is {type(found).__name__}, which cannot be called.")
    answer = found(argument)
    if hasattr(answer, "item") and getattr(answer, "ndim", None) == 0:  # numpy's True is no bool
        answer = answer.item()
    try:
        json.dumps(answer, default=str)
    except (TypeError, ValueError) as error:
        raise CannotError(f"{function} answered what is no JSON: {in_words(error)}") from error
    return answer


QUESTIONS: dict[str, Callable[..., Any]] = {"score": score, "inspect_data": inspect_data, "call": call}


def _evaluation(data: dict[str, Any]) -> EvaluationTable:
    from mlflow.artifacts import download_artifacts

    with TemporaryDirectory() as folder:
        try:
            path = download_artifacts(run_id=data["run_id"], artifact_path=data["artifact"], dst_path=folder)
            found = read_table(Path(path))
        except Exception as error:
            raise CannotError(
                f"The evaluation data {data['artifact']} cannot be had: {in_words(error)}",
                "They are kept by jupyter_mlops.log_evaluation(X, y) in the model's MLflow run.",
            ) from error
    if found.sha != data["sha"]:
        raise CannotError(
            "The evaluation data changed since they were logged: their hash is another.",
            "Run the notebook again; jupyter_mlops.log_evaluation(X, y) keeps them anew.",
        )
    return found


def _model_rows(loaded: Loaded, evaluation: EvaluationTable, frame: pd.DataFrame) -> Any:
    """The rows as the model wants them: the columns of its signature, or an array."""
    signature = loaded.pyfunc.metadata.signature
    inputs = signature.inputs if signature is not None else None
    if inputs is not None and not inputs.is_tensor_spec() and inputs.has_input_names():
        needed = [str(name) for name in inputs.required_input_names()]
        missing = [name for name in needed if name not in frame.columns]
        if missing:
            raise CannotError(
                f"The evaluation data have no column {missing[0]!r}, which the model needs.",
                "Give log_evaluation the columns that the model is given.",
            )
        return frame[[str(name) for name in inputs.input_names() if str(name) in frame.columns]]
    rows = frame[list(evaluation.features)]
    wants_array = evaluation.is_array if inputs is None else inputs.is_tensor_spec()
    if not wants_array:
        return rows
    array = rows.to_numpy()
    return array.astype(inputs.numpy_types()[0]) if inputs is not None else array


def _probabilities(loaded: Loaded, rows: Any) -> tuple[Any, list[Any]]:
    """The probability of each class for each row, and the classes in the columns' order."""
    raw = loaded.pyfunc.get_raw_model()
    if not hasattr(raw, "predict_proba"):
        raise CannotError(
            f"{' and '.join(sorted(NEED_PROBABILITIES))} need probabilities, "
            f"but {type(raw).__name__} has no predict_proba.",
            "Choose a metric of its predictions, such as accuracy or f1.",
        )
    try:
        return raw.predict_proba(rows), list(getattr(raw, "classes_", ()))
    except Exception as error:
        raise CannotError(f"The model could not give probabilities: {in_words(error)}") from error


def _by_value(frame: pd.DataFrame, name: str, scored: Callable[[Any], dict[str, Any]]) -> dict[str, Any]:
    if name not in frame.columns:
        raise CannotError(
            f"The evaluation data have no column {name!r} to slice by.",
            "Name it when they are logged: log_evaluation(X, y, slices=[...]).",
        )
    values = frame[name]
    kinds = values.drop_duplicates()
    if len(kinds) > MAX_SLICES:
        raise CannotError(
            f"{name!r} has {len(kinds)} different values; slices are for columns of at most {MAX_SLICES}.",
            "Log a column of few values to slice by: slices={'age group': ...}.",
        )
    by_value = {}
    for value in kinds:
        missing = value is None or value != value  # noqa: PLR0124 - NaN, NaT
        rows = values.isna() if missing else (values == value).fillna(False)
        by_value["missing" if missing else str(value)] = scored(rows.to_numpy(dtype=bool))
    return by_value


def _rows_of(predicted: Any, at: Any) -> Any:
    import numpy as np

    return np.asarray(predicted)[at]


def _schema_problems(frame: pd.DataFrame, name: str, root: str | None) -> list[str]:
    """What a pandera schema finds wrong with a frame, in words."""
    try:
        import pandera.errors
    except ImportError:
        raise CannotError(
            "The data cannot be checked against a schema: pandera is not installed.",
            "pip install 'jupyter_mlops[pandera]', where the job runs.",
        ) from None
    schema = _attribute(name, root)
    if not hasattr(schema, "validate"):
        raise CannotError(f"{name} is {type(schema).__name__}, which is no pandera schema.")
    try:
        schema.validate(frame, lazy=True)
    except pandera.errors.SchemaErrors as error:
        cases = error.failure_cases.groupby(["column", "check"], dropna=False, sort=False)
        problems = []
        for (column, check), part in cases:
            examples = ", ".join(str(value) for value in part["failure_case"].head(3))
            problems.append(f"{column or 'the frame'}: {check} fails {len(part)} times ({examples})")
        return problems[:MAX_PROBLEMS]
    except pandera.errors.SchemaError as error:
        return [in_words(error)]
    return []


def _attribute(name: str, root: str | None) -> Any:
    """What `module:attribute` or `folder/file.py:attribute` names; a file is one below the root."""
    where, _, attribute = name.rpartition(":")
    module = _file_module(where, root) if where.endswith(".py") else _module(where, root)
    found: Any = module
    for part in attribute.split("."):
        if not hasattr(found, part):
            raise CannotError(f"{where} has no {attribute!r}.")
        found = getattr(found, part)
    return found


def _file_module(where: str, root: str | None) -> Any:
    base = Path(root or ".").resolve()
    path = (base / where).resolve()
    if not path.is_relative_to(base):
        raise CannotError(f"{where} lies outside {base}.")
    if not path.is_file():
        raise CannotError(f"There is no file {where} below {base}.")
    spec = importlib.util.spec_from_file_location(f"_mlops_{path.stem}", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look themselves up there
    sys.path.insert(0, str(path.parent))
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        raise CannotError(f"{where} cannot be run: {in_words(error)}") from error
    return module


def _module(where: str, root: str | None) -> Any:
    if root is not None and root not in sys.path:
        sys.path.insert(0, root)
    try:
        return importlib.import_module(where)
    except (Exception, SystemExit) as error:
        raise CannotError(f"{where} cannot be imported: {in_words(error)}") from error
