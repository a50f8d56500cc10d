"""The data that a model was made of, as far as anybody knows: files, frames and data sets in one shape."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from jupyter_mlops.models.facts import ModelFacts
from jupyter_mlops.models.provenance import Provenance
from jupyter_mlops.tracking.artifact_folder import sha256_of

MAX_HASHED_BYTES = 2**30
READ = "read by its notebook"
HELD = "held in its notebook"


def data_of(model: ModelFacts, provenance: Provenance) -> list[dict[str, Any]]:
    """What a model was trained and evaluated on.

    Each has `kind` (`dataset`, `evaluation`, `file` or `frame`), `name`, `digest`, `source` and `context`;
    a file its `size_bytes`, and `changed_since_read` when it did.
    """
    return [
        *({"kind": "dataset", **entry} for entry in model.data),
        *_evaluation(model),
        *hashed_files(provenance.files, provenance.root, _ran_until(provenance)),
        *map(_frame, provenance.frames),
    ]


def hashed_files(
    paths: Iterable[str], root: str | None, read_at: datetime | None
) -> Iterator[dict[str, Any]]:
    """Each file with its SHA-256 as it is now, as far as it is still there.

    Args:
        paths: absolute.
        root: those below it are named relative to it.
        read_at: what was written after this moment is not what was read.
    """
    for path in paths:
        fact: dict[str, Any] = {
            "kind": "file",
            "name": _relative(path, root),
            "digest": None,
            "source": path,
            "context": READ,
        }
        try:
            stat = Path(path).stat()
            fact["size_bytes"] = stat.st_size
            if stat.st_size <= MAX_HASHED_BYTES:
                fact["digest"] = sha256_of(Path(path))
        except OSError:
            fact["missing"] = True
        else:
            written = datetime.fromtimestamp(stat.st_mtime, timezone.utc)
            if read_at is not None and written > read_at:
                fact["changed_since_read"] = True
        yield fact


def _ran_until(provenance: Provenance) -> datetime | None:
    if provenance.cell is None:
        return None
    return datetime.fromisoformat(provenance.cell["started_at"])


def _evaluation(model: ModelFacts) -> Iterator[dict[str, Any]]:
    if model.evaluation is not None:
        found = model.evaluation
        yield {
            "kind": "evaluation",
            "name": found.artifact,
            "digest": found.sha,
            "source": f"runs:/{model.mlflow_run_id}/{found.artifact}",
            "context": "evaluation",
            "rows": found.rows,
            "target": found.target,
        }


def _frame(frame: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "kind": "frame",
        "name": frame["name"],
        "digest": frame.get("content_hash"),
        "source": frame["kind"],
        "context": HELD,
        "shape": frame.get("shape"),
        "schema_hash": frame.get("schema_hash"),
    }


def _relative(path: str, root: str | None) -> str:
    try:
        return Path(path).relative_to(root or "").as_posix()
    except ValueError:
        return path
