"""What the store knows of where a model comes from: its job run, its notebook, its cell, what that read."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from jupyter_mlops.models.facts import ModelFacts
from jupyter_mlops.store.executions import records_of_session
from jupyter_mlops.store.tables import CellExecution, KernelSession, Run

Record = Mapping[str, Any]
"""A cell execution, as `CellExecution` in the REST schema."""
MAX_SOURCE_CHARS = 4000
_SYSTEM = ("/etc/", "/usr/", "/lib", "/bin/", "/sys/", "/proc/")
_NO_DATA_PARTS = {".git", ".config", ".ipython", ".jupyter", ".matplotlib", "site-packages"}
_NO_DATA_NAMES = re.compile(r"(fontlist|jpserver|kernel)-.*\.json")
"""What matplotlib and Jupyter keep for themselves, in folders in which others keep data."""
_NO_DATA_ENDINGS = (".py", ".pyc", ".ipynb", ".lock")


@dataclass(frozen=True)
class Provenance:
    """What was recorded of the kernel that logged a model; what is not known is None or empty.

    Args:
        root: the server root that the notebook is under.
        job_run: its id, job, cause, parameters, times.
        cell: the one that logged the model, with its text.
        files: what the notebook had read by then, and not written itself.
        frames: the data frames that the cell hangs on, through the names that it reads.
        packages: name and version of what was imported.
    """

    root: str | None = None
    notebook: str | None = None
    job_run: Mapping[str, Any] | None = None
    cell: Mapping[str, Any] | None = None
    files: tuple[str, ...] = ()
    frames: tuple[Mapping[str, Any], ...] = ()
    packages: tuple[Mapping[str, Any], ...] = ()
    kernel: Mapping[str, Any] = field(default_factory=dict)


def trace_model(session: Session, model: ModelFacts) -> Provenance:
    """Find the kernel that logged a model, by the tags of its MLflow run, and what was recorded of it."""
    run = session.get(Run, model.tags.get("mlops.run_id", ""))
    job_run = None if run is None else _job_run(run)
    kernel = _kernel_of(session, model.tags)
    if kernel is None:
        notebook = run.notebook if run else model.tags.get("mlops.notebook")
        return Provenance(root=run.root if run else None, notebook=notebook, job_run=job_run)
    records = records_of_session(session, kernel.id)
    cell = _logging_cell(records, model)
    until = [record for record in records if cell is None or record["seq"] <= cell["seq"]]
    return Provenance(
        root=kernel.root,
        notebook=kernel.notebook,
        job_run=job_run,
        cell=None if cell is None else _cell(cell),
        files=tuple(_files(until)),
        frames=tuple(_frames(_upstream(until, cell))),
        packages=tuple(_packages(records)),
        kernel={
            name: kernel.facts[name] for name in ("python", "kernel_name", "user") if kernel.facts.get(name)
        },
    )


def _kernel_of(session: Session, tags: Mapping[str, str]) -> KernelSession | None:
    """A job's kernel is known by its attempt; that of a notebook by the cell that began the MLflow run."""
    attempt, execution = tags.get("mlops.attempt_id"), tags.get("mlops.execution_id")
    if attempt and tags.get("mlops.run_id"):
        query = select(KernelSession).where(
            KernelSession.run_id == tags["mlops.run_id"], KernelSession.attempt_id == attempt
        )
        found = session.scalars(query.order_by(KernelSession.started_at.desc())).first()
        if found is not None:
            return found
    row = session.get(CellExecution, execution) if execution else None
    return None if row is None else session.get(KernelSession, row.session_id)


def _logging_cell(records: Sequence[Record], model: ModelFacts) -> Record | None:
    """The cell that noted the model's id; of one that is still running, that began its MLflow run."""
    for record in records:
        if model.model_id and model.model_id in (record["mlflow"] or {}).get("model_ids", ()):
            return record
    began = model.tags.get("mlops.execution_id")
    return next((one for one in records if one["id"] == began and one["status"] == "running"), None)


def _job_run(run: Run) -> dict[str, Any]:
    return {
        "id": run.id,
        "job": run.job.name,
        "cause": {name: value for name, value in (run.cause or {}).items() if name != "fingerprint"},
        "parameters": dict(run.parameters or {}),
        "started_at": run.started_at.isoformat() if run.started_at else None,
    }


def _cell(record: Record) -> dict[str, Any]:
    names = ("cell_id", "cell_key", "execution_count", "source_sha", "started_at")
    return {
        "execution_id": record["id"],
        **{name: record[name] for name in names},
        "source": record["source"][:MAX_SOURCE_CHARS],
    }


def _files(records: Iterable[Record]) -> Iterator[str]:
    """The paths read, in order, each once; what the notebook wrote itself before is none of its input."""
    seen: set[str] = set()
    for record in records:
        for file in record["files"]:
            path = os.path.normpath(file["path"])
            if file["mode"] == "r" and path not in seen and _may_be_data(path):
                yield path
            seen.add(path)


def _may_be_data(path: str) -> bool:
    """Whether a file is neither the system's, nor code, nor some program's settings."""
    if path.startswith(_SYSTEM) or path.endswith(_NO_DATA_ENDINGS):
        return False
    parts = path.replace("\\", "/").split("/")
    return not _NO_DATA_NAMES.fullmatch(parts[-1]) and not _NO_DATA_PARTS.intersection(parts)


def _upstream(records: Sequence[Record], cell: Record | None) -> list[Record]:
    """The executions that a cell hangs on through the names that it reads, and itself; all without a cell."""
    if cell is None:
        return list(records)
    wanted = set(cell["reads"])
    kept = [cell]
    for record in reversed([record for record in records if record["seq"] < cell["seq"]]):
        if wanted & set(record["writes"]):
            kept.append(record)
            wanted |= set(record["reads"])
    return kept[::-1]


def _frames(records: Iterable[Record]) -> Iterator[Mapping[str, Any]]:
    """Each named frame as it was last."""
    newest = {frame["name"]: frame for record in records for frame in record["frames"] if frame["name"]}
    for name, frame in newest.items():
        kept = ("kind", "shape", "schema_hash", "content_hash", "hash_method")
        yield {"name": name, **{key: frame[key] for key in kept if frame.get(key) is not None}}


def _packages(records: Iterable[Record]) -> Iterator[dict[str, Any]]:
    versions = {
        one.get("distribution") or one["name"]: one.get("version")
        for record in records
        for one in record["packages"]
    }
    for name in sorted(versions, key=str.lower):
        yield {"name": name, "version": versions[name]}
