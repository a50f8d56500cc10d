"""The worker: outside the Jupyter server, it fires triggers and has job runs executed by its runners."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable
from datetime import datetime, timezone
from queue import Empty, SimpleQueue

from sqlalchemy import select, update

from jupyter_mlops.capture.ingester import Ingester
from jupyter_mlops.config import Settings
from jupyter_mlops.ids import new_id
from jupyter_mlops.jobs.fires import fire_due_triggers
from jupyter_mlops.runs import queue
from jupyter_mlops.runs.queue import Outcome
from jupyter_mlops.runs.runner_process import RunnerProcess, kill_processes_of
from jupyter_mlops.runs.states import Reason, RunState
from jupyter_mlops.runs.workers import register_worker
from jupyter_mlops.store import Store, changes
from jupyter_mlops.store.tables import Run, Trigger, Worker
from jupyter_mlops.store.watch import ChangeWatch

log = logging.getLogger(__name__)
ROUND_S = 0.1
TICK_S = 0.5
QUEUE_S = 3.0
HEARTBEAT_S = 4.0
SWEEP_S = 30.0
RUNNER_IDLE_S = 300.0
RUNNER_MAX_ATTEMPTS = 50


class WorkerLoop:
    """One worker's life.

    Args:
        store: the queue and the triggers.
        settings: handed on to the runners.
        slots: how many job runs at once.
        exit_when_idle_s: end after so many seconds with nothing to run and no active trigger; None: never.
        worker_id: under which it was entered as alive by whoever started it.
    """

    def __init__(
        self,
        store: Store,
        settings: Settings,
        slots: int,
        exit_when_idle_s: float | None = None,
        worker_id: str | None = None,
    ) -> None:
        self.id = worker_id or new_id()
        self.stopping = False
        self._store = store
        self._settings = settings
        self._slots = slots
        self._exit_when_idle_s = exit_when_idle_s
        self._runners: list[RunnerProcess] = []
        self._done: SimpleQueue[str] = SimpleQueue()
        self._busy_at = time.monotonic()
        self._watch = ChangeWatch(store)
        self._due: dict[Callable[[], object], float] = {}

    def run(self) -> None:
        """Work until `stopping` is set (then end the attempts under way first) or idle for long."""
        self._register()
        log.info(
            "worker %s (pid %d) has %d slots on %s", self.id, os.getpid(), self._slots, self._store.address
        )
        try:
            while not (self.stopping and not self._busy_runners()) and not self._idle_for_long():
                self._round()
        finally:
            self._close()

    def _round(self) -> None:
        self._guarded(self._notice_changes)
        for work, every_s in (
            (self._heartbeat, HEARTBEAT_S),
            (self._sweep, SWEEP_S),
            (self._fire, TICK_S),
            (self._serve_queue, QUEUE_S),
        ):
            if time.monotonic() >= self._due.get(work, 0.0):
                self._due[work] = time.monotonic() + every_s
                self._guarded(work)
        self._guarded(self._look_after_runners)
        try:
            self._release(self._done.get(timeout=ROUND_S))
        except Empty:
            return
        self._due.pop(self._serve_queue, None)

    def _notice_changes(self) -> None:
        """Look at the queue at once when a run was submitted, cancelled or ended."""
        if any(change.kind == "run" for change in self._watch.poll()):
            self._due.pop(self._serve_queue, None)

    def _serve_queue(self) -> None:
        self._pass_on_cancels()
        if not self.stopping:
            self._claim()

    def _guarded(self, work: Callable[[], object]) -> None:
        """One round's failure (a locked store, a full disk) must not end the worker."""
        try:
            work()
        except Exception:
            log.exception("%s failed; it is tried again at the next round", work.__name__)

    def _register(self) -> None:
        with self._store.session() as session:
            register_worker(session, self.id, os.getpid(), self._slots, _now())

    def _heartbeat(self) -> None:
        attempts = [runner.attempt_id for runner in self._busy_runners() if runner.attempt_id]
        with self._store.session() as session:
            session.execute(update(Worker).where(Worker.id == self.id).values(heartbeat_at=_now()))
            held = queue.renew_leases(session, attempts, _now()) if attempts else set()
            queue.mark_lost_runs(session, _now())
        for runner in self._busy_runners():
            if runner.attempt_id not in held and runner.attempt_id in attempts:
                runner.cancel()  # it ended a moment ago, or was taken over while this process slept

    def _sweep(self) -> None:
        with self._store.session() as session:
            changes.forget_old_changes(session, _now())
        Ingester(self._store).ingest_folder(self._settings.journals)

    def _fire(self) -> None:
        if not self.stopping and fire_due_triggers(self._store, self._settings, _now()):
            self._busy_at = time.monotonic()

    def _claim(self) -> None:
        while len(self._busy_runners()) < self._slots:
            with self._store.session() as session:
                attempt = queue.claim_run(session, self.id, _now())
            if attempt is None:
                return
            self._busy_at = time.monotonic()
            self._free_runner().execute(attempt.id)

    def _look_after_runners(self) -> None:
        for runner in list(self._runners):
            if not runner.is_alive:
                self._bury(runner)
            elif runner.attempt_id is None and (
                time.monotonic() - runner.idle_since > RUNNER_IDLE_S or runner.executed >= RUNNER_MAX_ATTEMPTS
            ):
                runner.close()
                self._runners.remove(runner)
            else:
                runner.kill_if_deaf()

    def _pass_on_cancels(self) -> None:
        busy = {runner.attempt_id: runner for runner in self._busy_runners()}
        if not busy:
            return
        with self._store.reading() as session:
            wanted = session.scalars(
                select(Run.attempt_id).where(Run.attempt_id.in_(list(busy)), Run.cancel_requested)
            ).all()
        for attempt_id in wanted:
            busy[attempt_id].cancel()

    def _bury(self, runner: RunnerProcess) -> None:
        """A runner died: its attempt is over, by our hand (cancelled) or by another's (lost)."""
        self._runners.remove(runner)
        if runner.attempt_id is None:
            return
        log.warning("runner %d died with attempt %s", runner.pid, runner.attempt_id)
        kill_processes_of(runner.attempt_id)
        with self._store.session() as session:
            cancelled = session.scalar(
                select(Run.cancel_requested).where(Run.attempt_id == runner.attempt_id)
            )
            outcome = (
                Outcome(RunState.CANCELLED, Reason.CANCELLED, "Cancelled; its processes had to be killed.")
                if cancelled
                else Outcome(RunState.LOST, Reason.WORKER_LOST, "The process that ran it died.")
            )
            queue.finish_attempt(session, runner.attempt_id, outcome, _now())

    def _release(self, attempt_id: str) -> None:
        self._busy_at = time.monotonic()
        for runner in self._runners:
            if runner.attempt_id == attempt_id:
                runner.released()

    def _free_runner(self) -> RunnerProcess:
        for runner in self._runners:
            if runner.attempt_id is None and runner.is_alive:
                return runner
        runner = RunnerProcess(
            {**os.environ, **self._settings.process_environment()},
            self._settings.logs / "runner.log",
            self._done.put,
        )
        self._runners.append(runner)
        return runner

    def _busy_runners(self) -> list[RunnerProcess]:
        return [runner for runner in self._runners if runner.attempt_id is not None]

    def _idle_for_long(self) -> bool:
        if self._exit_when_idle_s is None or self._busy_runners():
            return False
        if not self._settings.data_dir.exists():
            return True
        if time.monotonic() - self._busy_at < self._exit_when_idle_s:
            return False
        with self._store.reading() as session:
            active = session.scalar(select(Trigger.id).where(Trigger.active).limit(1))
        self._busy_at = time.monotonic()
        return active is None

    def _close(self) -> None:
        for runner in self._runners:
            if runner.attempt_id is None:
                runner.close()
            else:
                runner.kill()
                self._guarded(self._look_after_runners)
        if not self._settings.data_dir.exists():
            return
        with self._store.session() as session:
            session.execute(update(Worker).where(Worker.id == self.id).values(stopped_at=_now()))
            changes.record(session, "worker", self.id, state="stopped")


def _now() -> datetime:
    return datetime.now(timezone.utc)
