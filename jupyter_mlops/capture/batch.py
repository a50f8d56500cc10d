"""One batch of journal records, written to the store in the caller's transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, cast

from sqlalchemy import Table, delete, insert, select, update
from sqlalchemy.orm import Session

from jupyter_mlops.capture import analysis
from jupyter_mlops.capture.distributions import name_distributions
from jupyter_mlops.capture.journals import BeginRecord, EndRecord, Record, SessionRecord
from jupyter_mlops.capture.notebook_hashes import saved_hash
from jupyter_mlops.store import changes
from jupyter_mlops.store.tables import CellExecution, KernelSession, Run, Source

Place = tuple[str | None, str | None]
"""A server root, and a notebook relative to it."""
Locate = Callable[[str | None, str | None, str | None], Place]
"""From a session's kernel id, root and notebook path, as the kernel knew them, to its place."""


@dataclass(frozen=True)
class Written:
    """How many executions a batch began and ended, and how many ends had no begin."""

    begun: int
    ended: int
    orphans: int


def write_batch(session: Session, records: Iterable[Record], locate: Locate) -> Written:
    """Write records of one journal, in its order; those that the store has already change nothing."""
    sessions: dict[str, KernelSession] = {}
    begins: dict[str, BeginRecord] = {}
    ends: dict[str, EndRecord] = {}
    for record in records:
        if isinstance(record, EndRecord):
            ends[record.exec_id] = record
            continue
        _keep_session(session, sessions, record, locate)
        if isinstance(record, BeginRecord):
            begins.setdefault(record.exec_id, record)
    session.flush()
    _write_sources(session, begins.values())
    known = _known_executions(session, [*begins, *ends])
    unknown = [begin for begin in begins.values() if begin.exec_id not in known]
    analysed = _analyse_sources(session, unknown)
    runs = {of.id: run_of(session, of) for of in sessions.values()}
    new = [
        _execution_row(
            begin,
            analysed[begin.source_sha],
            ends.get(begin.exec_id),
            sessions[begin.session_id],
            runs[begin.session_id],
        )
        for begin in unknown
    ]
    if new:
        _supersede(session, new)
        session.execute(insert(cast(Table, CellExecution.__table__)), new)  # past the ORM: half the time
    late = [
        {"id": end.exec_id, **_end_columns(end, known[end.exec_id].facts)}
        for end in ends.values()
        if end.exec_id in known
    ]
    if late:
        session.execute(update(CellExecution), late)
    note_changes(
        session, {(row["root"], row["notebook"]) for row in new} | {known[row["id"]].place for row in late}
    )
    finished = sum(row["status"] != "running" for row in new)
    return Written(len(new), finished + len(late), len(ends) - finished - len(late))


def note_changes(session: Session, places: Iterable[Place]) -> None:
    """Tell the views of these notebooks, once each."""
    for root, notebook in places:
        if notebook is not None:
            changes.record(session, kind="execution", id=notebook, root=root, notebook=notebook)


def _keep_session(
    session: Session,
    sessions: dict[str, KernelSession],
    record: SessionRecord | BeginRecord,
    locate: Locate,
) -> None:
    kept = sessions.get(record.session_id) or session.get(KernelSession, record.session_id)
    if kept is None:
        kept = _session_row(record, locate)
        session.add(kept)
    elif kept.notebook is None and record.notebook_path is not None:  # some front ends tell it late
        kept.root, kept.notebook = locate(kept.kernel_id, kept.root, record.notebook_path)
    sessions[record.session_id] = kept


def _session_row(record: SessionRecord | BeginRecord, locate: Locate) -> KernelSession:
    if isinstance(record, BeginRecord):  # the session's own line was damaged
        root, notebook = locate(None, None, record.notebook_path)
        return KernelSession(
            id=record.session_id,
            root=root,
            notebook=notebook,
            runner="other",
            started_at=record.started_at,
            facts={},
        )
    root, notebook = locate(record.kernel_id, record.root, record.notebook_path)
    return KernelSession(
        id=record.session_id,
        kernel_id=record.kernel_id,
        root=root,
        notebook=notebook,
        run_id=record.run_id,
        attempt_id=record.attempt_id,
        runner=record.runner,
        host=record.host,
        pid=record.pid,
        started_at=record.started_at,
        facts={"language": "python", **record.facts},  # the recorder is an extension of IPython
    )


def _write_sources(session: Session, begins: Iterable[BeginRecord]) -> None:
    texts = {begin.source_sha: begin.source for begin in begins if begin.source is not None}
    present: set[str] = set()
    for some in _portions(list(texts)):
        present.update(session.scalars(select(Source.sha).where(Source.sha.in_(some))))
    rows = [{"sha": sha, "text": text} for sha, text in texts.items() if sha not in present]
    if rows:
        session.execute(insert(Source), rows)


def _analyse_sources(session: Session, begins: Iterable[BeginRecord]) -> dict[str, analysis.SourceFacts]:
    """What each source tells; of one whose text was never kept, nothing."""
    texts = {begin.source_sha: begin.source for begin in begins}
    missing = [sha for sha, text in texts.items() if text is None and analysis.known(sha) is None]
    for some in _portions(missing):
        found = session.execute(select(Source.sha, Source.text).where(Source.sha.in_(some)))
        texts.update(found.tuples().all())
    return {
        sha: (analysis.known(sha) or analysis.SourceFacts()) if text is None else analysis.analyse(sha, text)
        for sha, text in texts.items()
    }


class _Known(NamedTuple):
    """An execution that the store has already: where it is, and its facts."""

    place: Place
    facts: dict[str, Any]


def _known_executions(session: Session, ids: list[str]) -> dict[str, _Known]:
    columns = (CellExecution.id, CellExecution.root, CellExecution.notebook, CellExecution.facts)
    known: dict[str, _Known] = {}
    for some in _portions(ids):
        found = session.execute(select(*columns).where(CellExecution.id.in_(some)))
        known.update({row.id: _Known((row.root, row.notebook), row.facts or {}) for row in found})
    return known


class JobRun(NamedTuple):
    """The job run of a session: when it ended, and the hash of the notebook that it runs."""

    ended_at: datetime | None
    snapshot_sha: str | None


def run_of(session: Session, of: KernelSession) -> JobRun | None:
    """The job run of a session; None of one by hand."""
    if of.run_id is None:
        return None
    found = session.execute(select(Run.ended_at, Run.snapshot_sha).where(Run.id == of.run_id)).first()
    return None if found is None else JobRun(*found)


def _origin(begin: BeginRecord, of: KernelSession, run: JobRun | None) -> dict[str, Any]:
    """After which run its kernel, which was kept, ran it by hand; else which saved notebook it ran in."""
    if run is not None and run.ended_at is not None and begin.started_at > run.ended_at:
        return {"after_run": of.run_id}
    sha = saved_hash(of, begin.started_at) if run is None else run.snapshot_sha
    return {"notebook_sha": sha} if sha else {}


def _execution_row(
    begin: BeginRecord,
    source: analysis.SourceFacts,
    end: EndRecord | None,
    of: KernelSession,
    run: JobRun | None,
) -> dict[str, Any]:
    origin = _origin(begin, of, run)
    facts = {**source.facts, **origin}
    row = {
        "id": begin.exec_id,
        "session_id": begin.session_id,
        "root": of.root,
        "notebook": of.notebook,
        "run_id": None if "after_run" in origin else of.run_id,
        "seq": begin.seq,
        "msg_id": begin.msg_id,
        "cell_id": begin.cell_id,
        "cell_key": begin.cell_key,
        "key_kind": begin.key_kind,
        "tags": begin.tags,
        "execution_count": begin.execution_count,
        "source_sha": begin.source_sha,
        "status": "running",
        "error_name": None,
        "error_message": None,
        "started_at": begin.started_at,
        "ended_at": None,
        "duration_s": None,
        "stdout_bytes": 0,
        "stderr_bytes": 0,
        "outputs": [],
        "cpu_s": None,
        "memory_peak_bytes": None,
        "traceback": None,
        "reads": source.reads,
        "writes": source.writes,
        "facts": facts,
        "recorded_by": "recorder",
    }
    return row if end is None else {**row, **_end_columns(end, facts)}


def _supersede(session: Session, new: list[dict[str, Any]]) -> None:
    """Drop what the server's listener wrote of these requests before it knew that the kernel records."""
    requests = [row["msg_id"] for row in new if row["msg_id"] is not None]
    kernels = select(KernelSession.kernel_id).where(KernelSession.id.in_({row["session_id"] for row in new}))
    same_kernel = select(KernelSession.id).where(KernelSession.kernel_id.in_(kernels))
    for some in _portions(requests):
        heard = CellExecution.msg_id.in_(some) & (CellExecution.recorded_by == "listener")
        session.execute(delete(CellExecution).where(heard, CellExecution.session_id.in_(same_kernel)))


def _end_columns(end: EndRecord, facts: dict[str, Any]) -> dict[str, Any]:
    found = dict(end.facts)
    if "imports" in found:
        found["imports"] = name_distributions(found["imports"])
    return {
        "execution_count": end.execution_count,
        "status": end.status,
        "error_name": end.error_name,
        "error_message": end.error_message,
        "ended_at": end.ended_at,
        "duration_s": end.duration_s,
        "stdout_bytes": end.stdout_bytes,
        "stderr_bytes": end.stderr_bytes,
        "outputs": end.outputs,
        "cpu_s": end.cpu_s,
        "memory_peak_bytes": end.memory_peak_bytes,
        "traceback": end.traceback,
        "facts": {**facts, **found},
    }


def _portions(keys: list[str], size: int = 500) -> Iterable[list[str]]:
    """Few enough at a time for every database's limit of bound values."""
    return (keys[start : start + size] for start in range(0, len(keys), size))
