"""Cleaning: the runs that somebody does not want to keep go, with their attempts, outputs and snapshots.

Each run goes by itself, in one transaction that ends with its rows: first its snapshot is written down, then
its outputs are renamed into the trash, then the rows are deleted. A process that is killed anywhere between
leaves a run that the next clean chooses again, or trash that it empties.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session, lazyload, load_only

from jupyter_mlops.config import Settings
from jupyter_mlops.errors import MlopsError
from jupyter_mlops.housekeeping.choice import Candidate, choose_runs
from jupyter_mlops.housekeeping.limits import Limits
from jupyter_mlops.housekeeping.snapshots import UnusedSnapshots
from jupyter_mlops.housekeeping.trash import empty_trash, folder_bytes, output_folder, throw_away
from jupyter_mlops.notebooks.snapshots import SnapshotStore
from jupyter_mlops.runs.resume.records import KeptKernels
from jupyter_mlops.runs.states import RunState
from jupyter_mlops.store import Store, changes
from jupyter_mlops.store.tables import Attempt, Job, Run, Trigger

WITHIN_S = 60.0
NO_LIMITS = Limits()
MAX_PROBLEMS = 50

_CLOCKED = ("cron", "interval", "once")
"""Kinds of trigger that move on from a fire by the clock, whether its run is there or not."""
_STATES = {state.value for state in RunState}
_COLUMNS = (
    Run.root,
    Run.state,
    Run.created_at,
    Run.ended_at,
    Run.trigger_id,
    Run.model_version,
    Run.output_path,
    Run.snapshot_sha,
)


@dataclass(frozen=True)
class Gone:
    """A run that went, or would go.

    Attributes:
        why: the limit that says so.
        bytes: of its outputs.
    """

    id: str
    job_id: str
    job_name: str
    state: str
    ended_at: str | None
    why: str
    bytes: int


@dataclass
class Cleaning:
    """What a clean did, or would do.

    Attributes:
        bytes: of outputs and snapshots together.
        problems: what could not be deleted, and why.
        complete: False when the time was up first; the next clean goes on.
        limited_jobs: how many jobs have any limit.
    """

    dry_run: bool
    runs: list[Gone] = field(default_factory=list)
    bytes: int = 0
    snapshot_bytes: int = 0
    problems: list[str] = field(default_factory=list)
    complete: bool = True
    limited_jobs: int = 0

    def as_dict(self, most: int | None = None) -> dict[str, Any]:
        """As `Cleaning` in the OpenAPI file; with at most so many of the runs."""
        return {**asdict(self), "count": len(self.runs), "runs": [asdict(gone) for gone in self.runs[:most]]}

    def add_problem(self, problem: str) -> None:
        """Note what could not be deleted, unless there is enough to read already."""
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append(problem)


@dataclass(frozen=True)
class Order:
    """What to clean.

    Args:
        limits: what is kept of each job's runs; None: what its policies say, else `default`.
        default: the limits of jobs whose policies say nothing.
        root: only runs under this root; None: of all.
        job_id: only those of this job.
        spared: runs that stay, as somebody may resume them: `resumable_runs` gives them.
        only: of the runs that the limits choose, only these: what somebody was shown.
        dry_run: only say what would go.
        within_s: stop after so many seconds.
    """

    limits: Limits | None = None
    default: Limits = NO_LIMITS
    root: str | None = None
    job_id: str | None = None
    spared: frozenset[str] = frozenset()
    only: frozenset[str] | None = None
    dry_run: bool = True
    within_s: float = WITHIN_S

    def means(self, run_id: str) -> bool:
        """Whether a run that the limits choose may go."""
        return run_id not in self.spared and (self.only is None or run_id in self.only)


def resumable_runs(settings: Settings) -> frozenset[str]:
    """The failed runs whose kernels are kept."""
    return frozenset(kept.run_id for kept in KeptKernels(settings).all() if not kept.is_over)


class _OutOfTimeError(Exception):
    pass


def clean(store: Store, snapshots: SnapshotStore, order: Order, now: datetime) -> Cleaning:
    """Carry out an order. What cannot be deleted is left whole, and said; it holds up nothing else."""
    cleaner = _Cleaner(store, snapshots, order, now)
    try:
        for job, limits in cleaner.limited_jobs():
            cleaner.clean_job(job, limits)
    except _OutOfTimeError:
        cleaner.done.complete = False
    cleaner.finish()
    return cleaner.done


class _Cleaner:
    def __init__(self, store: Store, snapshots: SnapshotStore, order: Order, now: datetime) -> None:
        self.done = Cleaning(order.dry_run)
        self._store = store
        self._order = order
        self._now = now
        self._unused = UnusedSnapshots(store, snapshots)
        self._shas: set[str | None] = set()
        self._deadline = time.monotonic() + order.within_s
        self._choose_until = self._deadline - order.within_s / 2  # the rest is for the trash

    def limited_jobs(self) -> Iterator[tuple[Job, Limits]]:
        query = select(Job).order_by(Job.created_at, Job.id)
        if self._order.root is not None:
            query = query.where(Job.root == self._order.root)
        if self._order.job_id is not None:
            query = query.where(Job.id == self._order.job_id)
        with self._store.reading() as session:
            jobs = session.scalars(query).all()
        for job in jobs:
            limits = self._order.limits or self._own_limits(job)
            if limits:
                self.done.limited_jobs += 1
                yield job, limits

    def _own_limits(self, job: Job) -> Limits:
        try:
            own = Limits.parse((job.policies or {}).get("retention") or {})
        except MlopsError as error:  # nothing is deleted on a guess
            self.done.add_problem(f"The retention of job {job.name!r} cannot be read: {error.message}")
            return Limits()
        return own or self._order.default

    def clean_job(self, job: Job, limits: Limits) -> None:
        with self._store.reading() as session:
            query = select(Run).where(Run.job_id == job.id).options(load_only(*_COLUMNS), lazyload(Run.job))
            runs = {run.id: run for run in session.scalars(query) if run.state in _STATES}
            clockless = Trigger.kind.not_in(_CLOCKED)
            watching = set(session.scalars(select(Trigger.id).where(Trigger.job_id == job.id, clockless)))
        candidates = [_candidate(run, watching) for run in runs.values()]
        chosen = choose_runs(candidates, limits, self._now, lambda run: self._size(runs[run.id]))
        for candidate, why in chosen:
            run = runs[candidate.id]
            if not self._order.means(run.id):
                continue
            try:
                size = self._size(run)
                if self._order.dry_run:
                    output_folder(run.root, run.id, run.output_path)
                elif not delete_run(self._store, self._unused, run.id):
                    continue
            except (MlopsError, OSError) as error:
                self.done.add_problem(str(error))
                continue
            self._shas.add(run.snapshot_sha)
            self.done.bytes += size
            ended_at = run.ended_at.isoformat() if run.ended_at else None
            self.done.runs.append(Gone(run.id, job.id, job.name, run.state, ended_at, why, size))

    def finish(self) -> None:
        """Count, or delete, what is left when the rows are gone; also what an earlier clean has left."""
        if self._order.dry_run:
            going = [gone.id for gone in self.done.runs]
            self.done.snapshot_bytes = self._unused.would_go(going, self._shas)
        else:
            for root in self._roots():
                problems, finished = empty_trash(root, self._deadline)
                for problem in problems:
                    self.done.add_problem(problem)
                self.done.complete &= finished
            self.done.snapshot_bytes = self._unused.delete(self._deadline)
        self.done.bytes += self.done.snapshot_bytes

    def _roots(self) -> list[str]:
        if self._order.root is not None:
            return [self._order.root]
        with self._store.reading() as session:
            return list(session.scalars(select(Job.root).distinct()))

    def _size(self, run: Run) -> int:
        if time.monotonic() > self._choose_until:
            raise _OutOfTimeError
        try:
            return folder_bytes(output_folder(run.root, run.id, run.output_path))
        except MlopsError:
            return 0


def delete_run(store: Store, unused: UnusedSnapshots, run_id: str) -> bool:
    """Delete a run with its attempts, its outputs into the trash; False when it is gone, or goes on.

    Raises:
        OutsideRootError: its outputs are not ours to delete; nothing was.
        OSError: its outputs cannot be renamed; nothing was deleted.
    """
    with store.session() as session:
        run = session.scalars(select(Run).where(Run.id == run_id).with_for_update(of=Run)).one_or_none()
        if run is None or not RunState(run.state).is_final or run.model_version:
            return False
        folder = output_folder(run.root, run.id, run.output_path)
        if run.snapshot_sha:
            unused.write_down(run.snapshot_sha)
        if folder is not None:
            throw_away(run.root, run.id, folder)
        _delete_rows(session, run)
    return True


def _delete_rows(session: Session, run: Run) -> None:
    session.execute(delete(Attempt).where(Attempt.run_id == run.id))
    session.execute(delete(Run).where(Run.id == run.id))
    changes.record(session, "run", run.id, state="deleted", root=run.root, notebook=run.notebook)


def _candidate(run: Run, watching: set[str]) -> Candidate:
    return Candidate(
        run.id,
        RunState(run.state),
        run.created_at,
        run.ended_at,
        made_a_model=bool(run.model_version),
        watched_by=run.trigger_id if run.trigger_id in watching else None,
    )
