"""Evaluation data in an MLflow run: written once as Parquet, named by the hash of its content."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from jupyter_mlops.errors import ConflictError
from jupyter_mlops.tracking.client import make_client, tracking_failures
from jupyter_mlops.tracking.model_facts import EVALUATION_ARTIFACT
from jupyter_mlops.tracking.probe import check_tracking

if TYPE_CHECKING:
    import pyarrow as pa

FOLDER = "mlops/evaluation"
MAX_DIGEST_CHARS = 36  # MLflow's own bound for a dataset's digest
_METADATA = b"jupyter_mlops.evaluation"


@dataclass(frozen=True)
class EvaluationTable:
    """Evaluation data on their way to a file or back.

    Args:
        table: the Arrow table: features, target and slices.
        target: the column to be predicted.
        features: the columns that the model is given, in its order.
        slices: columns by which regressions are looked for.
        is_array: the features were an array without names: the model wants one, too.
    """

    table: pa.Table
    target: str
    features: tuple[str, ...]
    slices: tuple[str, ...] = ()
    is_array: bool = False

    @property
    def sha(self) -> str:
        """SHA-256 of the content.

        It goes by the columns' names, types and values, the target's name, and the order of the rows. The
        order of the columns, a data frame's index, the library and the file format are no part of it, nor is
        which kind of missing value stands for a missing value, nor how strings are stored.
        """
        digest = hashlib.sha256(json.dumps([self.target, self.table.num_rows]).encode())
        for name in sorted(self.table.column_names):
            _update(digest, name, self.table.column(name))
        return digest.hexdigest()


def log_table(uri: str, run_id: str, found: EvaluationTable) -> dict[str, Any]:
    """Keep evaluation data with an MLflow run, and tell the run of it as a dataset.

    Args:
        uri: of the tracking server.
        run_id: the MLflow run's.
        found: the data.

    Returns:
        What `mlops/evaluation.json` says: `sha`, `artifact`, `target`, `slices`, `rows`.

    Raises:
        ConflictError: MLflow refuses.
        TrackingUnavailableError: the tracking server does not answer.
    """
    from mlflow.entities import DatasetInput, InputTag

    check_tracking(uri)
    client, sha = make_client(uri), found.sha
    said = {
        "sha": sha,
        "artifact": f"{FOLDER}/{sha}.parquet",
        "target": found.target,
        "slices": list(found.slices),
        "rows": found.table.num_rows,
    }
    tags = [InputTag("mlflow.data.context", "evaluation")]
    try:
        with TemporaryDirectory() as folder:
            path = Path(folder, f"{sha}.parquet")
            write_table(path, found)
            client.log_artifact(run_id, str(path), FOLDER)
        client.log_text(run_id, json.dumps(said, indent=1), EVALUATION_ARTIFACT)
        client.log_inputs(run_id, [DatasetInput(_dataset(run_id, said, found), tags)])
    except tracking_failures() as error:
        line = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise ConflictError(f"MLflow refuses the evaluation data: {line}", field="run") from error
    return said


def write_table(path: Path, found: EvaluationTable) -> None:
    """Write evaluation data as Parquet; what is the target, and what are features, goes with it."""
    import pyarrow.parquet as pq

    said = {"target": found.target, "features": found.features, "slices": found.slices}
    metadata = {
        **(found.table.schema.metadata or {}),
        _METADATA: json.dumps({**said, "is_array": found.is_array}).encode(),
    }
    pq.write_table(found.table.replace_schema_metadata(metadata), path, compression="zstd")


def read_table(path: Path) -> EvaluationTable:
    """Evaluation data as `write_table` wrote them.

    Raises:
        ValueError: the file is another.
    """
    import pyarrow.parquet as pq

    table = pq.ParquetFile(path).read()
    said = json.loads((table.schema.metadata or {}).get(_METADATA, b"null"))
    if said is None:
        raise ValueError(f"{path.name} holds no evaluation data")
    return EvaluationTable(
        table, said["target"], tuple(said["features"]), tuple(said["slices"]), bool(said["is_array"])
    )


def _dataset(run_id: str, said: dict[str, Any], found: EvaluationTable) -> Any:
    """The data as an MLflow dataset, so that MLflow's own pages show what the model was evaluated on."""
    from mlflow.entities import Dataset

    return Dataset(
        name="evaluation",
        digest=said["sha"][:MAX_DIGEST_CHARS],
        source_type="runs",
        source=json.dumps({"uri": f"runs:/{run_id}/{said['artifact']}"}),
        schema=json.dumps({field.name: str(field.type) for field in found.table.schema}),
        profile=json.dumps({"num_rows": found.table.num_rows, "num_columns": found.table.num_columns}),
    )


def _update(digest: Any, name: str, column: Any) -> None:
    """Take a column into the hash: its name, type, which values are missing, and the others one by one."""
    import pyarrow as pa
    import pyarrow.compute as pc

    values = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    if isinstance(values, pa.ChunkedArray):  # too much text for one chunk of 2 GB
        values = pa.concat_arrays([chunk.cast(pa.large_string()) for chunk in values.chunks])
    if pa.types.is_dictionary(values.type):
        values = values.dictionary_decode()
    if pa.types.is_floating(values.type):
        values = pc.if_else(pc.is_nan(values), pa.scalar(None, values.type), values)
    kind, values = _canonical(values)
    digest.update(json.dumps([name, kind]).encode())
    digest.update(values.is_null().cast(pa.uint8()).to_numpy(zero_copy_only=False).tobytes())
    _update_values(digest, values.drop_null())


def _canonical(values: Any) -> tuple[str, Any]:
    """A column in the one form for all columns of its kind, whichever library made it; and its name."""
    import pyarrow as pa

    kind = values.type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return "string", values.cast(pa.large_string()).cast(pa.large_binary())
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_binary_view(kind):
        return "binary", values.cast(pa.large_binary())
    if pa.types.is_boolean(kind):
        return "bool", values.cast(pa.uint8())
    if pa.types.is_temporal(kind):
        return str(kind), values.cast(pa.int32() if kind.bit_width == 32 else pa.int64())
    return str(kind), values


def _update_values(digest: Any, values: Any) -> None:
    import pyarrow as pa

    kind = values.type
    if pa.types.is_integer(kind) or pa.types.is_floating(kind):
        array = values.to_numpy(zero_copy_only=False)
        digest.update(array.astype(array.dtype.newbyteorder("<"), copy=False).tobytes())
    elif pa.types.is_large_binary(kind):
        for value in values:
            text = value.as_py()
            digest.update(len(text).to_bytes(8, "little") + text)
    else:  # nested and decimal values: rare, and slow this way
        digest.update(json.dumps(values.to_pylist(), default=str).encode())
