"""Triggers under a clock that the test holds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from sqlalchemy import select

from jupyter_mlops.config import Settings
from jupyter_mlops.jobs.fires import fire_due_triggers
from jupyter_mlops.jobs.service import JobService
from jupyter_mlops.jobs.spec import RunRequest
from jupyter_mlops.jobs.triggers.lookout import look_at
from jupyter_mlops.jobs.triggers.request import TriggerRequest
from jupyter_mlops.jobs.triggers.service import TriggerService
from jupyter_mlops.store import Store
from jupyter_mlops.store.tables import Job, Run, Trigger
from jupyter_mlops.tracking.gateway import Answer

START = datetime(2026, 11, 21, 12, 0, tzinfo=timezone.utc)


def no_server(question: str, **arguments: str) -> Answer:
    return Answer(None, None, "there is no tracking server.")


@dataclass
class TriggerBench:
    store: Store
    settings: Settings
    root: Path
    now: datetime = START
    ask: Callable[..., Answer] = field(default=no_server)

    @property
    def jobs(self) -> JobService:
        return JobService(self.store, self.settings, self.root)

    @property
    def triggers(self) -> TriggerService:
        return TriggerService(self.store, self.settings, self.root)

    def job(self, name: str = "train", **options: Any) -> Job:
        return self.jobs.create_job(RunRequest("train.ipynb", name, **options), None)

    def add(self, job: Job, kind: str, /, **given: Any) -> Trigger:
        return self.triggers.add(job.id, TriggerRequest.parse({"kind": kind, **given})).trigger

    def made(self, kind: str, /, **given: Any) -> Trigger:
        """A trigger of a job of its own."""
        return self.add(self.job(f"{kind} {len(self.all_triggers())}"), kind, **given)

    def tick(self, at: datetime | None = None, **later: float) -> int:
        """Let time pass, and fire what goes by the clock."""
        self.now = at or self.now + timedelta(**later)
        return fire_due_triggers(self.store, self.settings, self.now)

    def look(self, trigger: Trigger, **later: float) -> int:
        """Let time pass, and look at what a trigger watches."""
        self.now += timedelta(**later)
        return look_at(self.store, self.settings, trigger.id, self.now, self.ask)

    def runs(self, trigger: Trigger | None = None) -> list[Run]:
        query = select(Run).order_by(Run.scheduled_for, Run.created_at, Run.id)
        if trigger is not None:
            query = query.where(Run.trigger_id == trigger.id)
        with self.store.reading() as session:
            return list(session.scalars(query))

    def all_triggers(self) -> list[Trigger]:
        with self.store.reading() as session:
            return list(session.scalars(select(Trigger)))

    def again(self, trigger: Trigger) -> Trigger:
        """The trigger as it is in the store now."""
        return self.triggers.get(trigger.id)

    def end(self, run: Run, state: str = "succeeded", **columns: Any) -> None:
        """End a run as a worker would."""
        with self.store.session() as session:
            row = session.get_one(Run, run.id)
            row.state, row.ended_at = state, self.now
            for name, value in columns.items():
                setattr(row, name, value)
