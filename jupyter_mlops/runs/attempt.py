"""One attempt at a job run: from its row to its outcome. Runs in a runner process, one at a time."""

from __future__ import annotations

import logging
import os
import threading
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from sqlalchemy import select

from jupyter_mlops.capture.ingester import Ingester
from jupyter_mlops.capture.listener.privacy import Privacy
from jupyter_mlops.capture.listener.run_records import records_from_run
from jupyter_mlops.config import Settings
from jupyter_mlops.errors import MlopsError, RegistrationError
from jupyter_mlops.jobs.policies import Policies
from jupyter_mlops.jobs.preflight.runs import preflight_before_start
from jupyter_mlops.notebooks.kernels import available_kernels, choose_kernel
from jupyter_mlops.notebooks.parameters import tag_only_the_last
from jupyter_mlops.notebooks.read import Notebook, read_notebook
from jupyter_mlops.notebooks.snapshots import SnapshotStore
from jupyter_mlops.runs import queue
from jupyter_mlops.runs.attempt_output import output_path
from jupyter_mlops.runs.attempt_tracking import AttemptTracking
from jupyter_mlops.runs.kernel_ending import TimeLimits
from jupyter_mlops.runs.live.attempt_reporter import report_attempt
from jupyter_mlops.runs.live.reporter import LiveReporter, is_executed
from jupyter_mlops.runs.outcome import outcome_of, plain_text
from jupyter_mlops.runs.patient_store import patiently
from jupyter_mlops.runs.queue import Outcome
from jupyter_mlops.runs.redacted_outputs import RedactedOutputs
from jupyter_mlops.runs.remote.copies import WITHIN_S, Copying, begin_copy, note_copy
from jupyter_mlops.runs.remote.output import REMOTE_OUTPUT
from jupyter_mlops.runs.resume.attempts import client_class, start_tracking
from jupyter_mlops.runs.states import Reason, RunState
from jupyter_mlops.runs.tracking_wait import (
    TrackingWait,
    put_off,
    told_with_wait,
    tracking_away,
    without_wait,
)
from jupyter_mlops.secrets.keeping import Secrets
from jupyter_mlops.secrets.resolving import KernelVariables, resolve
from jupyter_mlops.store import Store
from jupyter_mlops.store.stored_json import broken_columns
from jupyter_mlops.store.tables import Attempt, Run
from jupyter_mlops.tracking.probe import check_tracking

log = logging.getLogger(__name__)
WORKER_GONE = "The worker that ran it is gone; its kernel was ended."


class LeaseLostError(Exception):
    """Another attempt holds the run now; this one must write nothing more."""


class AttemptExecution:
    """Executes one claimed attempt and writes what comes of it.

    Args:
        store: where the run is.
        settings: where everything else is.
        attempt_id: the claim, and the fencing token of every write.
        cancel: set by another thread to end the run.
    """

    def __init__(self, store: Store, settings: Settings, attempt_id: str, cancel: threading.Event) -> None:
        self.store = store
        self.settings = settings
        self.attempt_id = attempt_id
        self.cancel = cancel
        self._client: Any = None
        self._live: LiveReporter | None = None
        self._number = 1
        self._variables = KernelVariables({}, {})

    def execute(self) -> Outcome | None:
        """Run the notebook to a final state. Never raises for what the notebook or its input did.

        None: its tracking server is away, and the run waits in the queue until it is back.

        Raises:
            LeaseLostError: the run was taken over in the meantime; nothing was written.
        """
        run = patiently(self._load)
        self.settings = self.settings.tracking_at(run.tracking_uri)
        tracking: AttemptTracking | None = None
        error: BaseException | None = None
        try:
            _refuse_broken(run)
            notebook = self._notebook(run)
            check_tracking(self.settings.tracking_uri)  # while nothing is begun that could be lost
            self._begin(run, notebook)
            preflight_before_start(run, notebook, self.settings, self._write)
            self._variables = resolve(run.environment or {}, Secrets(self.settings))
            tracking = start_tracking(self.settings, self.store, run, self.attempt_id)
            run.progress = without_wait(run)
            self._write(
                mlflow_run_id=tracking.run.run_id,
                mlflow_experiment_id=tracking.run.experiment_id,
                progress=run.progress,
            )
            self._execute_notebook(run, notebook, tracking)
        except LeaseLostError:
            raise
        except Exception as caught:
            log.info("attempt %s ended by %s", self.attempt_id, type(caught).__name__, exc_info=caught)
            error = caught
        if tracking is None and patiently(lambda: self._is_put_off(run, error)):
            return None
        outcome = told_with_wait(run, self._outcome(error))
        if outcome.state is RunState.CANCELLED and not patiently(self._cancel_was_requested):
            outcome = replace(outcome, state=RunState.LOST, reason=Reason.WORKER_LOST, message=WORKER_GONE)
        copying = None if self._live is None else begin_copy(run, self._number, self._variables)
        self._ingest(run, outcome)
        if tracking is not None:
            patiently(self._check_lease)  # no model is registered for who has lost the run
            outcome = self._close_tracking(tracking, run, outcome)
        self._finish_with_copy(run, outcome, copying)
        return outcome

    def _is_put_off(self, run: Run, error: BaseException | None) -> bool:
        """Whether the run now waits for its tracking server, which nobody who sleeps could start again."""
        away = tracking_away(error)
        if away is None or not TrackingWait.of(run).next_s:
            return False
        with self.store.session() as session:
            if not put_off(session, run, self.attempt_id, away, datetime.now(timezone.utc)):
                raise LeaseLostError(self.attempt_id)
        return True

    def _outcome(self, error: BaseException | None) -> Outcome:
        if self._client is None:
            return outcome_of(error, None)
        outcome = outcome_of(error, self._client.nb, self._client.exit_code, self._client.memory)
        if (redactor := self._variables.redactor()) is None:
            return outcome
        known = redactor.known
        return replace(outcome, message=known(outcome.message), failed_cell=known(outcome.failed_cell))

    def _close_tracking(self, tracking: AttemptTracking, run: Run, outcome: Outcome) -> Outcome:
        """How the notebook ended does not hang on its tracking, except where a model was to come of it."""
        try:
            return tracking.finish(run, outcome, self.store, self.settings, self.cancel.is_set)
        except Exception as error:
            log.exception("the tracking of attempt %s could not be completed", self.attempt_id)
            if outcome.state is not RunState.SUCCEEDED or not run.register_model:
                return outcome
            message = f"The notebook ran to its end, but its model could not be registered: {error}"
            return replace(
                outcome, state=RunState.FAILED, reason=RegistrationError.code, message=plain_text(message)
            )

    @property
    def _executed(self) -> Any:
        return None if self._client is None else self._client.nb

    def _load(self) -> Run:
        with self.store.reading() as session:
            run = session.scalars(
                select(Run).where(Run.attempt_id == self.attempt_id, Run.state == RunState.RUNNING.value)
            ).one_or_none()
            if run is None:
                raise LeaseLostError(self.attempt_id)
            self._number = session.get_one(Attempt, self.attempt_id).number
            session.expunge_all()
            return run

    def _notebook(self, run: Run) -> Notebook:
        """The notebook as it was kept, for a kernel that there is."""
        notebook = read_notebook(SnapshotStore(self.settings.snapshots).read(run.snapshot_sha or ""))
        kernel = choose_kernel(notebook, run.kernel, available_kernels())
        notebook.node.metadata["kernelspec"] = {
            "name": kernel.name,
            "display_name": kernel.display_name,
            "language": kernel.language,
        }
        run.kernel = kernel.name
        return notebook

    def _begin(self, run: Run, notebook: Notebook) -> None:
        run.output_path = str(output_path(run, self._number))
        Path(run.output_path).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        code_cells = sum(is_executed(cell) for cell in notebook.node.cells)
        self._write(
            kernel=run.kernel,
            output_path=run.output_path,
            cells_total=code_cells + (1 if run.parameters else 0),
        )

    def _execute_notebook(self, run: Run, notebook: Notebook, tracking: AttemptTracking) -> None:
        import papermill

        from jupyter_mlops.runs import translators
        from jupyter_mlops.runs.engine import write_in_one_step

        translators.install()
        write_in_one_step(str(run.output_path))
        tag_only_the_last(notebook.node)
        folder = (Path(run.root) / run.notebook).parent
        environment = self._kernel_environment(run, tracking)
        redactor = self._variables.redactor()
        with report_attempt(self.store, run, self.attempt_id, self.cancel, environment) as live:
            self._live = live
            papermill.execute_notebook(
                notebook.node,
                run.output_path,
                parameters=run.parameters,
                engine_name="mlops",
                kernel_name=run.kernel,
                language=notebook.node.metadata["kernelspec"]["language"],
                progress_bar=False,
                cwd=folder if folder.is_dir() else Path(run.output_path or "").parent,
                observer=live,
                on_message=live.message_came,
                client_class=client_class(
                    self.settings, self.store, run, self.attempt_id, self._number, live
                ),
                cancel=self.cancel,
                limits=_limits(run),
                kernel_env=environment,
                redacted=None if redactor is None else RedactedOutputs(redactor),
                on_client=self._take_client,
            )

    def _take_client(self, client: Any) -> None:
        self._client = client
        if self._live is not None:
            self._live.watch(client)

    def _kernel_environment(self, run: Run, tracking: AttemptTracking) -> dict[str, str]:
        return {
            **self._variables.over(os.environ),
            **self.settings.process_environment(),
            **tracking.kernel_environment(),
            "JPY_SESSION_NAME": str(Path(run.root) / run.notebook),
            "JUPYTER_MLOPS_NOTEBOOK": run.notebook,
            "JUPYTER_MLOPS_ROOT": run.root,
            "JUPYTER_MLOPS_RUN_ID": run.id,
            "JUPYTER_MLOPS_ATTEMPT_ID": self.attempt_id,
        }

    def _ingest(self, run: Run, outcome: Outcome) -> None:
        """Take up what the kernel recorded; of one that cannot record, what the engine knows."""
        try:
            report = Ingester(self.store).ingest_folder(self.settings.journals)
            if self._executed is not None and not report.problems:
                died = outcome.reason == Reason.KERNEL_DIED
                with self.store.session() as session:
                    records_from_run(
                        session,
                        run,
                        self.attempt_id,
                        self._executed,
                        kernel_died=died,
                        privacy=Privacy(self._variables.over(os.environ)),
                    )
        except Exception:  # a kernel's record is safe in its journal, and is swept up later
            log.exception("the cells of attempt %s could not be ingested yet", self.attempt_id)

    def _write(self, **columns: Any) -> None:
        with self.store.session() as session:
            if not queue.update_running(session, self.attempt_id, **columns):
                self.cancel.set()
                raise LeaseLostError(self.attempt_id)

    def _check_lease(self) -> None:
        with self.store.reading() as session:
            state = session.scalar(select(Run.state).where(Run.attempt_id == self.attempt_id))
            if state != RunState.RUNNING.value:
                raise LeaseLostError(self.attempt_id)

    def _cancel_was_requested(self) -> bool:
        """Whether somebody asked for the end; else it is the runner's own, as its worker is gone."""
        with self.store.reading() as session:
            return bool(session.scalar(select(Run.cancel_requested).where(Run.attempt_id == self.attempt_id)))

    def _finish_with_copy(self, run: Run, outcome: Outcome, copying: Copying | None) -> None:
        """End the attempt, and say what became of its copy: now, or when that is known."""
        if copying is None:
            patiently(lambda: self._finish(outcome))
            return
        copy = copying.result(WITHIN_S, self.cancel.is_set)  # who cancels waits for nothing
        assert self._live is not None
        self._live.note(**{REMOTE_OUTPUT: copy.as_dict()})
        patiently(lambda: self._finish(outcome))
        if copy.is_under_way:
            copying.when_done(lambda done: note_copy(self.store, run.id, self.attempt_id, done))

    def _finish(self, outcome: Outcome) -> None:
        # The last news may not have reached the row: whether the kernel is kept must not hang on them.
        last = {"cells_done": 0} if self._live is None else self._live.columns()
        with self.store.session() as session:
            kept = queue.finish_attempt(session, self.attempt_id, outcome, datetime.now(timezone.utc), **last)
        if not kept:
            raise LeaseLostError(self.attempt_id)


def _limits(run: Run) -> TimeLimits:
    policies = Policies.of(run.policies)
    return TimeLimits(policies.cell_timeout_s, policies.timeout_s)


def _refuse_broken(run: Run) -> None:
    """Refuse a row in which something cannot be read: with a part of it missing another program would run.

    Raises:
        MlopsError: it names the columns.
    """
    if columns := broken_columns(run):
        raise MlopsError(
            f"The row of this run is damaged: {', '.join(columns)} cannot be read.", code=Reason.BROKEN_ROW
        )
