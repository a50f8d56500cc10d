"""The worker: outside the Jupyter server, it fires triggers and has job runs executed by its runners."""

from __future__ import annotations

import logging
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from functools import partial
from queue import Empty, Queue, SimpleQueue
from typing import TypeVar

from sqlalchemy import ColumnElement, exists, or_, select, update

from jupyter_mlops.capture.ingester import Ingester
from jupyter_mlops.config import Settings
from jupyter_mlops.housekeeping.daily import Housekeeper
from jupyter_mlops.ids import new_id
from jupyter_mlops.jobs.fires import fire_due_triggers
from jupyter_mlops.jobs.triggers.kinds import fired_by_workers
from jupyter_mlops.jobs.triggers.lookout import Lookout
from jupyter_mlops.models.states import UNDER_WAY
from jupyter_mlops.notifications.channels import Channels
from jupyter_mlops.notifications.delivery import Courier
from jupyter_mlops.notifications.long_runs import note_long_runs
from jupyter_mlops.notifications.outbox import PENDING
from jupyter_mlops.runs import queue
from jupyter_mlops.runs.executors import installed_executors
from jupyter_mlops.runs.heartbeat import Heartbeat
from jupyter_mlops.runs.hub_activity import HubActivity
from jupyter_mlops.runs.lost_attempts import close_notebook_of, see_to_what_was_left
from jupyter_mlops.runs.queue import LEASE, Lease, Outcome
from jupyter_mlops.runs.registrations_child import RegistrationsChild
from jupyter_mlops.runs.resume.keeper import clear_up, holds_kernels
from jupyter_mlops.runs.resume.offers import take_back_if_possible
from jupyter_mlops.runs.runner_process import (
    ATTEMPT_VARIABLE,
    WORKER_VARIABLE,
    RunnerProcess,
    kill_processes_of,
)
from jupyter_mlops.runs.states import Reason, RunState
from jupyter_mlops.runs.workers import register_worker, runs_still
from jupyter_mlops.store import Store, changes
from jupyter_mlops.store.tables import Job, Notification, Registration, Run, Trigger, Worker
from jupyter_mlops.store.watch import ChangeWatch

log = logging.getLogger(__name__)
ROUND_S = 0.1
TICK_S = 0.25
QUEUE_S = 1.0
SWEEP_S = 30.0
KEPT_S = 2.0
HUB_S = 60.0
NOTIFY_S = 5.0
LONG_RUNS_S = 15.0
HOUSEKEEPING_S = 300.0
LAST_WORDS_S = 5.0
RUNNER_IDLE_S = 300.0
RUNNER_MAX_ATTEMPTS = 50
Item = TypeVar("Item")


class WorkerLoop:
    """One worker's life.

    Args:
        store: the queue and the triggers.
        settings: handed on to the runners.
        slots: how many job runs at once.
        exit_when_idle_s: end after so many seconds with nothing to run or to fire; None: never.
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
        # Not a SimpleQueue: a signal at the end of its `get(timeout)` makes that wait for ever.
        self._done: Queue[str] = Queue()
        self._busy_at = time.monotonic()
        self._watch = ChangeWatch(store)
        self._lookout = Lookout(store, settings)
        self._due: dict[Callable[[], object], float] = {}
        self._round_at = time.monotonic()
        self._taken: SimpleQueue[str] = SimpleQueue()
        self._lost: SimpleQueue[Lease] = SimpleQueue()
        self._heartbeat = Heartbeat(store, self.id, self._held_attempts, self._taken.put, self._lost.put)
        self._sweeping: threading.Thread | None = None
        self._courier = Courier(store, Channels(settings.data_dir))
        self._housekeeper = Housekeeper(store, settings)
        self._executors = {name: settings.executor_limits.get(name) for name in installed_executors()}
        self._registrations = RegistrationsChild(store, settings)
        self._hub = HubActivity.of_environment(os.environ)

    def run(self) -> None:
        """Work until `stopping` is set (then end the attempts under way first) or idle for long."""
        self._register()
        self._heartbeat.start()
        log.info(
            "worker %s (pid %d) has %d slots on %s", self.id, os.getpid(), self._slots, self._store.address
        )
        try:
            while not (self.stopping and not self._busy_runners()) and not self._idle_for_long():
                self._round()
        finally:
            self._close()

    def _round(self) -> None:
        if time.monotonic() - self._round_at > LEASE.total_seconds() / 2:
            for runner in self._runners:
                runner.forgive_silence()  # this process was stopped, or its machine slept
        self._round_at = time.monotonic()
        self._guarded(self._notice_changes)
        for work, every_s in (
            (self._end_what_was_taken, 0.0),
            (self._clear_up_kernels, KEPT_S),
            (self._clean_after_lost, 0.0),
            (self._tell_hub, HUB_S),
            (self._sweep_aside, SWEEP_S),
            (self._fire, TICK_S),
            (self._serve_queue, QUEUE_S),
            (self._see_to_registrations, QUEUE_S),
            (self._courier.tick, NOTIFY_S),
            (self._note_long_runs, LONG_RUNS_S),
            (self._housekeeper.tick, HOUSEKEEPING_S),
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
        kinds = {change.kind for change in self._watch.poll()}
        if "run" in kinds:
            self._due.pop(self._serve_queue, None)
        if "model" in kinds:
            self._due.pop(self._see_to_registrations, None)
        if "notification" in kinds:
            self._due.pop(self._courier.tick, None)

    def _see_to_registrations(self) -> None:
        if not self.stopping:
            self._registrations.tick()

    def _note_long_runs(self) -> None:
        note_long_runs(self._store, _now())

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
            register_worker(session, self.id, os.getpid(), self._slots, _now(), self._executors)

    def _held_attempts(self) -> list[str]:
        """What the heartbeat renews: attempts whose runners are well. It asks from its own thread."""
        silent_s = LEASE.total_seconds()
        runners = [runner for runner in self._busy_runners() if not runner.is_silent(silent_s)]
        return [runner.attempt_id for runner in runners if runner.attempt_id]

    def _end_what_was_taken(self) -> None:
        """An attempt ended a moment ago, or was given to another while this process slept."""
        for attempt_id in _drain(self._taken):
            for runner in self._busy_runners():
                if runner.attempt_id == attempt_id:
                    runner.cancel()

    def _clean_after_lost(self) -> None:
        """Nobody looks after what a dead worker has left but we, if it was on this machine."""
        for lease in _drain(self._lost):
            log.warning("attempt %s is lost: nobody renewed its lease", lease.attempt_id)
            kill_processes_of(ATTEMPT_VARIABLE, lease.attempt_id)
            if lease.worker_id and lease.worker_id != self.id:
                self._kill_runners_of(lease.worker_id)
            close_notebook_of(self._store, lease.attempt_id)
            see_to_what_was_left(self._store, self._settings, lease.attempt_id)

    def _kill_runners_of(self, worker_id: str) -> None:
        with self._store.reading() as session:
            worker = session.get(Worker, worker_id)
        if worker is not None and worker.host == socket.gethostname() and not runs_still(worker.pid):
            kill_processes_of(WORKER_VARIABLE, worker_id)

    def _clear_up_kernels(self) -> None:
        clear_up(self._settings, partial(take_back_if_possible, self._store))

    def _sweep_aside(self) -> None:
        """Sweep in a thread: a folder of many journals takes long."""
        if self._sweeping is None or not self._sweeping.is_alive():
            self._sweeping = threading.Thread(
                target=self._guarded, args=[self._sweep], name="sweep", daemon=True
            )
            self._sweeping.start()

    def _sweep(self) -> None:
        with self._store.session() as session:
            changes.forget_old_changes(session, _now())
        Ingester(self._store).ingest_folder(self._settings.journals)

    def _tell_hub(self) -> None:
        if self._hub is not None and self._busy_runners():
            self._hub.tell_in_background(_now())

    def _fire(self) -> None:
        if self.stopping:
            return
        fired = fire_due_triggers(self._store, self._settings, _now())
        if self._lookout.tick(_now()) or fired:
            self._busy_at = time.monotonic()

    def _claim(self) -> None:
        while len(self._busy_runners()) < self._slots:
            with self._store.session() as session:
                attempt = queue.claim_run(
                    session, self.id, _now(), self._settings.max_running, self._executors
                )
                if attempt is None:
                    return
                executor = session.get_one(Run, attempt.run_id).executor
            self._busy_at = time.monotonic()
            try:
                self._free_runner(executor).execute(attempt.id)
            except OSError:
                with self._store.session() as session:
                    queue.give_back(session, attempt.id)
                raise

    def _look_after_runners(self) -> None:
        for runner in list(self._runners):
            if not runner.is_alive:
                self._bury(runner)
            elif runner.attempt_id is None:
                if not holds_kernels(self._settings, runner.pid) and (
                    time.monotonic() - runner.idle_since > RUNNER_IDLE_S
                    or runner.executed >= RUNNER_MAX_ATTEMPTS
                ):
                    runner.close()
                    self._runners.remove(runner)
            elif runner.is_silent(LEASE.total_seconds()):
                log.warning("runner %d is silent; it is killed", runner.pid)
                runner.kill()
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
        if (attempt_id := runner.attempt_id) is None:
            self._runners.remove(runner)
            return
        log.warning("runner %d died with attempt %s", runner.pid, attempt_id)
        kill_processes_of(ATTEMPT_VARIABLE, attempt_id)
        close_notebook_of(self._store, attempt_id)
        with self._store.session() as session:
            cancelled = session.scalar(select(Run.cancel_requested).where(Run.attempt_id == attempt_id))
            outcome = (
                Outcome(RunState.CANCELLED, Reason.CANCELLED, "Cancelled; its processes had to be killed.")
                if cancelled
                else Outcome(RunState.LOST, Reason.WORKER_LOST, "The process that ran it died.")
            )
            queue.finish_attempt(session, attempt_id, outcome, _now())
        self._runners.remove(runner)  # not before: what the store refuses is tried again
        see_to_what_was_left(self._store, self._settings, attempt_id)

    def _release(self, attempt_id: str) -> None:
        self._busy_at = time.monotonic()
        for runner in self._runners:
            if runner.attempt_id == attempt_id:
                runner.released()

    def _free_runner(self, executor: str) -> RunnerProcess:
        for runner in self._runners:
            if runner.attempt_id is None and runner.is_alive and runner.executor == executor:
                return runner
        runner = installed_executors()[executor].open_runner(
            {**os.environ, **self._settings.process_environment(), WORKER_VARIABLE: self.id},
            self._settings.logs / "runner.log",
            self._done.put,
        )
        runner.executor = executor
        self._runners.append(runner)
        return runner

    def _busy_runners(self) -> list[RunnerProcess]:
        return [runner for runner in self._runners if runner.attempt_id is not None]

    def _idle_for_long(self) -> bool:
        busy = self._busy_runners() or self._registrations.is_busy
        if self._exit_when_idle_s is None or busy or holds_kernels(self._settings):
            return False
        if not self._settings.data_dir.exists():
            return True
        if time.monotonic() - self._busy_at < self._exit_when_idle_s:
            return False
        with self._store.reading() as session:
            work = session.scalar(select(_work_to_come()))
        self._busy_at = time.monotonic()
        return not work

    def _close(self) -> None:
        self._heartbeat.stop()
        self._lookout.close()
        self._registrations.close()
        for runner in self._runners:
            if runner.attempt_id is None:
                runner.close()
            else:
                runner.kill()
                self._guarded(self._look_after_runners)
        self._guarded(self._courier.tick)
        self._courier.close(LAST_WORDS_S)
        if not self._settings.data_dir.exists():
            return
        with self._store.session() as session:
            session.execute(update(Worker).where(Worker.id == self.id).values(stopped_at=_now()))
            changes.record(session, "worker", self.id, state="stopped")


def _work_to_come() -> ColumnElement[bool]:
    """Whether somebody will have work for a worker; a trigger that is called starts one when it is."""
    triggers = Trigger.active & Trigger.kind.in_(fired_by_workers()) & (Trigger.job_id == Job.id)
    return or_(
        exists().where(triggers, Job.deleted_at.is_(None)),
        exists().where(Run.state == RunState.QUEUED.value),
        exists().where(Notification.state == PENDING),
        exists().where(Registration.state.in_([state.value for state in UNDER_WAY])),
    )


def _drain(waiting: SimpleQueue[Item]) -> Iterator[Item]:
    while not waiting.empty():
        yield waiting.get()


def _now() -> datetime:
    return datetime.now(timezone.utc)
