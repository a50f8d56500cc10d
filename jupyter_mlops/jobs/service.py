"""Jobs and their runs, as every face (REST, CLI, magics) asks for them."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased, joinedload

from jupyter_mlops.config import Settings
from jupyter_mlops.errors import ConflictError
from jupyter_mlops.ids import new_id
from jupyter_mlops.jobs.combinations import check_presets, preset_values
from jupyter_mlops.jobs.cron import parse_schedule
from jupyter_mlops.jobs.listing import jobs_query, runs_query
from jupyter_mlops.jobs.new_runs import find_by_key, new_run
from jupyter_mlops.jobs.overlap import enqueue_under_policies
from jupyter_mlops.jobs.policies import Policies
from jupyter_mlops.jobs.preflight.runs import keep_findings, preflight_prepared
from jupyter_mlops.jobs.prepare import PreparedRun, prepare_run
from jupyter_mlops.jobs.rows import job_of_root, live_job, no_job, run_of_root, tell
from jupyter_mlops.jobs.spec import JobChange, RunRequest, ScheduleRequest
from jupyter_mlops.jobs.triggers.life import needs_worker, restart_all, set_all_active
from jupyter_mlops.jobs.triggers.request import TriggerRequest
from jupyter_mlops.jobs.triggers.service import NewTrigger, add_trigger
from jupyter_mlops.runs import queue
from jupyter_mlops.runs.workers import ensure_worker
from jupyter_mlops.secrets.keeping import Secrets
from jupyter_mlops.store import Store
from jupyter_mlops.store.paging import Page, PageRequest, fetch_page
from jupyter_mlops.store.tables import Attempt, Job, Run
from jupyter_mlops.store.turns import take_turns
from jupyter_mlops.tracking.probe import check_tracking

_WITHOUT_TRIGGERS = joinedload(Run.job).lazyload(Job.triggers)


class JobService:
    """The jobs of one server root.

    Args:
        store: where they are kept.
        settings: this user's settings.
        root: the server root; every path given and answered is relative to it.
    """

    def __init__(self, store: Store, settings: Settings, root: Path) -> None:
        self.store = store
        self.settings = settings
        self.root = root.resolve()

    def submit(self, request: RunRequest) -> Run:
        """Queue a run now, its job made if there is none of that name; see that a worker is there.

        Raises:
            BadInputError: something in the request is wrong; nothing was stored.
            ConflictError: a job of that name runs another notebook.
            TrackingUnavailableError: the tracking server does not answer.
        """
        return self.submit_once(request)[0]

    def submit_once(self, request: RunRequest) -> tuple[Run, bool]:
        """As `submit`; says also whether the run is new: of requests with one key only the first makes one.

        Raises:
            ConflictError: the key was used for another request.
        """
        if (before := self._run_of_key(request)) is not None:
            return before, False
        prepared = self.prepare(self.with_preset(request))
        findings = preflight_prepared(prepared, self.settings)
        sha = prepared.keep_snapshot(self.settings)
        with self.store.session() as session:
            job = self.job_named(session, prepared)  # requests take turns from here on
            if (before := find_by_key(session, self.root, request)) is not None:
                return before, False
            run = new_run(job, prepared, sha)
            run.tracking_uri = self.settings.kept_tracking_uri
            if request.idempotency_key is not None:
                run.idempotency_key = request.idempotency_key
                run.cause = {**run.cause, "fingerprint": request.fingerprint}
            keep_findings(run, findings, Secrets(self.settings), session)
            enqueue_under_policies(session, run, _now(), requested="overlap" not in request.policies)
        ensure_worker(self.store, self.settings)
        return run, True

    def _run_of_key(self, request: RunRequest) -> Run | None:
        with self.store.reading() as session:
            return find_by_key(session, self.root, request)

    def with_preset(self, request: RunRequest) -> RunRequest:
        """The request with its preset's parameters, below those that it gives itself.

        Raises:
            BadInputError: the job has no such preset, or there is no such job.
        """
        if request.preset is None:
            return request
        name = request.name or request.notebook.removesuffix(".ipynb")
        with self.store.reading() as session:
            job = live_job(session, str(self.root), name)
        values = preset_values({} if job is None else job.presets or {}, request.preset)
        return dataclasses.replace(request, parameters={**values, **request.parameters}, preset=None)

    def run_job(self, job_id: str) -> Run:
        """Queue a run of a job with its own parameters.

        Raises:
            NotFoundError: no such job.
            BadInputError: its notebook is gone or no longer fits its parameters.
        """
        return self.run_job_once(job_id, None)[0]

    def run_job_once(
        self, job_id: str, idempotency_key: str | None, preset: str | None = None
    ) -> tuple[Run, bool]:
        """As `run_job`, under a key (see `submit_once`), and with a preset over the job's parameters."""
        with self.store.reading() as session:
            job = job_of_root(session, self.root, job_id)
        chosen = {} if preset is None else preset_values(job.presets or {}, preset)
        values = {**job.parameters, **chosen}
        own = dataclasses.replace(RunRequest.of(job), parameters=values, policies={})
        return self.submit_once(dataclasses.replace(own, idempotency_key=idempotency_key))

    def change_job(self, job_id: str, change: JobChange) -> Job:
        """Change what a job runs, and how; its runs so far and those queued stay as they are.

        Raises:
            NotFoundError: no such job.
            BadInputError: something in the change is wrong; nothing was stored.
            ConflictError: another job has the name.
        """
        with self.store.reading() as session:
            job = job_of_root(session, self.root, job_id)
        changed = prepare_run(change.applied_to(job), self.root)
        presets = None if change.presets is None else check_presets(change.presets)
        with self.store.session() as session:
            take_turns(session, "job names")
            job = job_of_root(session, self.root, job_id)
            namesake = live_job(session, job.root, changed.name)
            if namesake is not None and namesake.id != job.id:
                raise ConflictError(f"There is another job named {changed.name!r}.", field="name")
            job.name = changed.name
            _set_columns(job, changed.columns)
            if change.policies is not None:
                _set_policies(job, changed.policies)
            if presets is not None:
                job.presets = presets
            tell(session, job)
        return job

    def create_job(self, request: RunRequest, schedule: ScheduleRequest | None) -> Job:
        """Make a job; with a schedule, its first fire is the next one from now.

        Raises:
            BadInputError: something in the request is wrong; nothing was stored.
            ConflictError: there is a job of that name, and it has a schedule or another notebook.
        """
        cron = TriggerRequest("cron", dataclasses.asdict(schedule)) if schedule else None
        if schedule is not None:
            parse_schedule(schedule.cron, schedule.timezone)
        prepared = self.prepare(request)
        with self.store.session() as session:
            job = self.job_named(session, prepared)
            if cron is not None:
                before = [trigger for trigger in job.triggers if trigger.kind == "cron"]
                if before:
                    raise ConflictError(
                        f"The job {job.name!r} has a schedule already ({before[0].spec['cron']}).",
                        field="name",
                        hint="Choose another name, or delete that job first.",
                    )
                add_trigger(session, job, cron, _now())
            _set_columns(job, prepared.columns_over(job))
            if request.policies:
                _set_policies(job, prepared.policies)
            job.tracking_uri = self.settings.kept_tracking_uri
            tell(session, job)
        self._see_to_a_worker(job)
        return job

    def schedule_job(self, request: RunRequest, trigger: TriggerRequest) -> NewTrigger:
        """Give a job a trigger, the job made if there is none of that name; both are stored, or neither.

        Raises:
            BadInputError: something in the request or the trigger is wrong; nothing was stored.
            ConflictError: a job of that name runs another notebook, or its triggers go with other parameters.
        """
        prepared = self.prepare(request)
        with self.store.session() as session:
            job = self.job_named(session, prepared)
            wanted = prepared.columns_over(job)
            if job.triggers and any(getattr(job, name) != value for name, value in wanted.items()):
                raise ConflictError(
                    f"The job {job.name!r} has triggers that run it with other parameters.",
                    field="name",
                    hint="Choose another name, or give the same parameters.",
                )
            _set_columns(job, wanted)
            job.tracking_uri = self.settings.kept_tracking_uri
            if request.policies:
                _set_policies(job, prepared.policies)
            new = add_trigger(session, job, trigger, _now())
            tell(session, job)
        self._see_to_a_worker(job)
        return new

    def set_active(self, job_id: str, active: bool) -> Job:
        """Pause or resume a job's schedule; a resumed one fires next from now on, not for the pause.

        Raises:
            NotFoundError: no such job.
            ConflictError: it has no schedule.
        """
        with self.store.session() as session:
            job = job_of_root(session, self.root, job_id)
            set_all_active(job, active, _now())
            job.updated_at = _now()
            tell(session, job)
        self._see_to_a_worker(job)
        return job

    def delete_job(self, job_id: str) -> None:
        """Take a job off the list, and stop its schedule; its runs and their files stay.

        Raises:
            NotFoundError: no such job.
        """
        with self.store.session() as session:
            job = job_of_root(session, self.root, job_id)
            job.deleted_at = job.updated_at = _now()
            tell(session, job)

    def restore_job(self, job_id: str) -> Job:
        """Bring a deleted job back as it was.

        Raises:
            NotFoundError: no such job, deleted or not.
            ConflictError: another job has its name now.
        """
        with self.store.session() as session:
            job = session.get(Job, job_id)
            if job is None or job.root != str(self.root):
                raise no_job(job_id)
            if job.deleted_at is not None:
                if live_job(session, job.root, job.name) is not None:
                    raise ConflictError(f"There is another job named {job.name!r} now.", field="name")
                job.deleted_at, job.updated_at = None, _now()
                restart_all(job, _now())
                tell(session, job)
        self._see_to_a_worker(job)
        return job

    def get_job(self, job_id: str) -> Job:
        """One job.

        Raises:
            NotFoundError: no such job.
        """
        with self.store.reading() as session:
            return job_of_root(session, self.root, job_id)

    def list_jobs(
        self, page: PageRequest, notebook: str | None = None, search: str | None = None
    ) -> Page[Job]:
        """The root's jobs, newest first; see `jobs_query`."""
        query = jobs_query(str(self.root), notebook=notebook, search=search)
        with self.store.reading() as session:
            return fetch_page(session, query, Job.created_at, Job.id, page)

    def last_runs(self, jobs: Sequence[Job]) -> dict[str, Run]:
        """Each job's newest run, by the job's id."""
        of_job = aliased(Run)
        newest = (
            select(of_job.id)
            .where(of_job.job_id == Job.id)
            .order_by(of_job.created_at.desc(), of_job.id.desc())
            .limit(1)
            .scalar_subquery()
        )
        query = select(Run).join(Job, Run.id == newest).where(Job.id.in_([job.id for job in jobs]))
        with self.store.reading() as session:
            found = session.scalars(query.options(_WITHOUT_TRIGGERS)).all()
        return {run.job_id: run for run in found}

    def get_run(self, run_id: str) -> Run:
        """One run, by its id or the start of it.

        Raises:
            NotFoundError: no run of this root, or more than one, starts so.
        """
        with self.store.reading() as session:
            return run_of_root(session, self.root, run_id)

    def list_runs(self, page: PageRequest, **asked: str | None) -> Page[Run]:
        """The root's runs, newest first; `asked` as `runs_query` has it."""
        query = runs_query(str(self.root), **asked).options(_WITHOUT_TRIGGERS)
        with self.store.reading() as session:
            return fetch_page(session, query, Run.created_at, Run.id, page)

    def list_attempts(self, run_id: str) -> Sequence[Attempt]:
        """The attempts at a run, the first first.

        Raises:
            NotFoundError: no such run.
        """
        with self.store.reading() as session:
            run = run_of_root(session, self.root, run_id)
            return session.scalars(
                select(Attempt).where(Attempt.run_id == run.id).order_by(Attempt.number)
            ).all()

    def cancel_run(self, run_id: str) -> Run:
        """Ask for a run to end; one that has ended stays as it is.

        Raises:
            NotFoundError: no such run.
        """
        with self.store.session() as session:
            return queue.request_cancel(session, run_of_root(session, self.root, run_id), _now())

    def _see_to_a_worker(self, job: Job) -> None:
        if any(needs_worker(trigger) for trigger in job.triggers):
            ensure_worker(self.store, self.settings)

    def prepare(self, request: RunRequest) -> PreparedRun:
        """Check a request, and that the tracking server answers; nothing is stored.

        Raises:
            MlopsError: one of its kinds for each thing that can be wrong.
        """
        prepared = prepare_run(request, self.root)
        check_tracking(self.settings.tracking_uri)
        return prepared

    def job_named(self, session: Session, prepared: PreparedRun) -> Job:
        """The job of a request, made if there is none of its name.

        Raises:
            ConflictError: a job of that name runs another notebook.
        """
        take_turns(session, "job names")
        job = live_job(session, prepared.root, prepared.name)
        if job is None:
            now = _now()
            job = Job(
                id=new_id(),
                root=prepared.root,
                name=prepared.name,
                **prepared.columns,
                tracking_uri=self.settings.kept_tracking_uri,
                created_at=now,
                updated_at=now,
            )
            _set_policies(job, prepared.policies)
            job.triggers = []
            session.add(job)
            session.flush()
            tell(session, job)
        elif job.notebook != prepared.notebook:
            raise ConflictError(
                f"The job {job.name!r} runs another notebook, {job.notebook}.",
                field="name",
                hint="Choose another name.",
            )
        return job


def _set_columns(job: Job, columns: dict[str, Any]) -> None:
    for name, value in columns.items():
        setattr(job, name, value)
    job.updated_at = _now()


def _set_policies(job: Job, policies: dict[str, Any]) -> None:
    known = Policies.of(policies)
    job.policies, job.max_parallel, job.executor = policies, known.max_parallel, known.executor


def _now() -> datetime:
    return datetime.now(timezone.utc)
