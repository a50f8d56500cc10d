"""`after`: after another job's run, whose outputs can be passed on as parameters."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import exists, select
from sqlalchemy.orm import Session, aliased

from jupyter_mlops.errors import ScheduleError
from jupyter_mlops.jobs.triggers.kind import Fire, Place, Sight, Watch, WatchingKind
from jupyter_mlops.jobs.triggers.spec_fields import (
    check_names,
    read_choice,
    read_moment,
    read_passed,
    read_text,
)
from jupyter_mlops.runs.states import RunState
from jupyter_mlops.store.tables import Job, Run, Trigger

MAX_FIRES = 25
CLOCKS_DIFFER_BY = timedelta(minutes=1)
ENDS_COME_WITHIN = timedelta(hours=2)
"""A run's end may become known so much later: it waits for a disk that is full, or a store that is locked."""
MOVES_ON_AFTER = timedelta(hours=6)
"""Where no run has ended so for so long, the search begins later: else it would grow with the job's runs."""
_FAILURE = (RunState.FAILED, RunState.TIMED_OUT, RunState.LOST)
_STATES = {
    "success": (RunState.SUCCEEDED,),
    "failure": _FAILURE,
    "any": (RunState.SUCCEEDED, *_FAILURE, RunState.CANCELLED),
}
_SOURCES = (
    "run_id",
    "state",
    "output_path",
    "mlflow_run_id",
    "model_name",
    "model_version",
    "metrics",
    "metrics.",
    "parameters.",
)
_TOLD = {
    "success": "has succeeded",
    "failure": "has failed, run out of time or been lost",
    "any": "has ended",
}


class AfterKind(WatchingKind):
    """`{"job": "prepare", "on": "success", "pass": {"data": "output_path"}}`; a job is kept by its id."""

    name = "after"

    def check(self, given: Mapping[str, Any], place: Place) -> dict[str, Any]:
        """A job of the same root, by its name or id, that does not itself come after this one."""
        check_names(given, ("job", "on", "pass", "job_name"))
        named = read_text(given, "job", "Give the other job's name or id.")
        job = _find_job(place.session, str(place.root), named)
        if place.job_id is not None:
            _refuse_cycle(place.session, job, place.job_id)
        return {
            "job": job.id,
            "job_name": job.name,
            "on": read_choice(given, "on", tuple(_STATES), "success"),
            "pass": read_passed(given, place, _SOURCES),
        }

    def describe(self, spec: Mapping[str, Any]) -> str:
        """`After a run of prepare has succeeded`."""
        return f"After a run of {spec['job_name']} {_TOLD[spec['on']]}"

    def written(self, spec: Mapping[str, Any], session: Session) -> dict[str, Any]:
        """With the job's name as it is now in place of its id."""
        job = session.get(Job, spec["job"])
        passed = {"pass": spec["pass"]} if spec["pass"] else {}
        return {"job": job.name if job else spec["job_name"], "on": spec["on"], **passed}

    def look(self, watch: Watch) -> Sight:
        """One fire for each run that has ended so, oldest first; what is beyond 25 is left to the next."""
        with watch.store.reading() as session:
            runs = _ended_runs(session, watch)
        fires = [
            Fire(
                key=f"run:{run.id}",
                cause={"job": run.job_id, "job_name": run.job.name, "run": run.id, "state": run.state},
                parameters={name: _output(run, source) for name, source in watch.spec["pass"].items()},
            )
            for run in runs
        ]
        if fires and runs[-1].ended_at is not None:
            return Sight({"until": runs[-1].ended_at.isoformat()}, fires)
        if watch.now - _searched_since(watch) > MOVES_ON_AFTER:
            return Sight({"until": (watch.now - ENDS_COME_WITHIN).isoformat()})
        return Sight(watch.seen)


def _searched_since(watch: Watch) -> datetime:
    """Ends before are known; clocks of machines may differ by a minute."""
    until = watch.seen.get("until")
    return max(watch.since, read_moment(until, "until") - CLOCKS_DIFFER_BY) if until else watch.since


def _ended_runs(session: Session, watch: Watch) -> list[Run]:
    """Runs that have ended so since then and have not fired: a range of the index on (job, end)."""
    fired = aliased(Run)
    since = _searched_since(watch)
    states = [state.value for state in _STATES[watch.spec["on"]]]
    already = exists().where(fired.trigger_id == watch.trigger_id, fired.fire_key == "run:" + Run.id)
    query = select(Run).where(
        Run.job_id == watch.spec["job"], Run.state.in_(states), Run.ended_at > since, ~already
    )
    return list(session.scalars(query.order_by(Run.ended_at, Run.id).limit(MAX_FIRES)))


def _output(run: Run, source: str) -> Any:
    """One of a run's outputs; None when it has none of the kind."""
    of, _, name = source.partition(".")
    if name:
        return (run.metrics if of == "metrics" else run.parameters).get(name)
    if source == "run_id":
        return run.id
    if source == "model_name":
        return run.register_model if run.model_version else None
    return getattr(run, source)


def _find_job(session: Session, root: str, named: str) -> Job:
    job = session.scalars(
        select(Job)
        .where(Job.root == root, Job.deleted_at.is_(None), (Job.id == named) | (Job.name == named))
        .order_by((Job.id == named).desc())
        .limit(1)
    ).first()
    if job is None:
        raise ScheduleError(
            f"There is no job {named[:60]!r} to come after.",
            field="job",
            hint="`jupyter mlops jobs` lists them.",
        )
    return job


def _refuse_cycle(session: Session, upstream: Job, job_id: str) -> None:
    """Refuse what would have a job run again because it has run."""
    reached, open_ends = {upstream.id}, [upstream.id]
    while open_ends:
        for spec in session.scalars(
            select(Trigger.spec).where(Trigger.job_id == open_ends.pop(), Trigger.kind == AfterKind.name)
        ):
            if spec["job"] not in reached:
                reached.add(spec["job"])
                open_ends.append(spec["job"])
    if job_id in reached:
        raise ScheduleError(
            f"The job {upstream.name!r} itself comes after this one: they would run for ever.",
            field="job",
            hint="Break the circle at one of its jobs.",
        )
