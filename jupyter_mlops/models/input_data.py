"""The data that a model was made of, as far as anybody knows: files, frames and data sets in one shape."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from jupyter_mlops.models.facts import ModelFacts
from jupyter_mlops.models.provenance import Provenance
from jupyter_mlops.tracking.artifact_folder import sha256_of

MAX_HASHED_BYTES = 2**30
READ = "read by its notebook"
HELD = "held in its notebook"


def data_of(model: ModelFacts, provenance: Provenance, *, hashed: bool = True) -> list[dict[str, Any]]:
    """What a model was trained and evaluated on; `hashed`: with the hashes of its files as they are now.

    Each has `kind` (`dataset`, `evaluation`, `file` or `frame`), `name`, `digest`, `source` and `context`;
    a file its `size_bytes`, and `changed_since_read` when it did.
    """
    return [
        *({"kind": "dataset", **entry} for entry in model.data),
        *_evaluation(model),
        *(_file(path, provenance.root, _ran_until(provenance), hashed) for path in provenance.files),
        *map(_frame, provenance.frames),
    ]


def _file(path: str, root: str | None, read_at: datetime | None, hashed: bool) -> dict[str, Any]:
    """A file that was read until a moment: with what it is now, as far as it is still there."""
    fact: dict[str, Any] = {
        "kind": "file",
        "name": _relative(path, root),
        "digest": None,
        "source": path,
        "context": READ,
    }
    try:
        stat = Path(path).stat()
        if hashed and stat.st_size <= MAX_HASHED_BYTES:
            fact["digest"] = sha256_of(Path(path))
    except OSError:
        return {**fact, "missing": True}
    fact["size_bytes"] = stat.st_size
    if read_at is not None and datetime.fromtimestamp(stat.st_mtime, timezone.utc) > read_at:
        fact["changed_since_read"] = True  # so that its hash is not that of what was read
    return fact


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
