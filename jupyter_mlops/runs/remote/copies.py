"""The copy of an executed notebook that its job wants elsewhere: made when the attempt has ended.

How the run ended does not hang on it: its end waits a few seconds for the copy, no longer, and what becomes
of it is a fact of the run. The file under `mlops-runs/` stays whatever becomes of the copy.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotYetError
from datetime import datetime, timezone
from pathlib import Path

from sqlalchemy import select

from jupyter_mlops.capture.redaction import Redactor
from jupyter_mlops.config import Settings
from jupyter_mlops.errors import MlopsError
from jupyter_mlops.jobs.policies import Policies
from jupyter_mlops.runs.attempt_output import RUNS_FOLDER, output_path
from jupyter_mlops.runs.outcome import plain_text
from jupyter_mlops.runs.patient_store import patiently
from jupyter_mlops.runs.remote.output import NOTED_WITHIN_S, REMOTE_OUTPUT, RemoteOutput
from jupyter_mlops.runs.remote.writing import LIMIT_S
from jupyter_mlops.secrets.keeping import Secrets
from jupyter_mlops.secrets.resolving import KernelVariables, resolve
from jupyter_mlops.store import Store, changes
from jupyter_mlops.store.tables import Attempt, Run

log = logging.getLogger(__name__)
MAX_SAID_CHARS = 500
WITHIN_S = 10.0
"""How long the end of an attempt waits for its copy; it is gone on with after that."""


class Copying:
    """A copy that is being made, from now on.

    Args:
        source: the executed notebook.
        url: where the job wants its notebooks.
        relative: the copy's place below it.
        environment: of the process that makes it.
    """

    def __init__(self, source: Path, url: str, relative: str, environment: Mapping[str, str]) -> None:
        self._command = [str(source), url, relative]
        self._folder = source.parent
        self._environment = dict(environment)
        self._address = f"{url.rstrip('/')}/{relative}"
        self._future: Future[RemoteOutput] = Future()
        threading.Thread(target=self._work, name="remote-copy", daemon=True).start()

    def result(self, within_s: float, stopped: Callable[[], bool] = lambda: False) -> RemoteOutput:
        """What became of it, waited for so many seconds unless `stopped`."""
        until = time.monotonic() + within_s
        while time.monotonic() < until and not stopped():
            with contextlib.suppress(NotYetError):
                return self._future.result(timeout=0.05)
        return RemoteOutput(self._address)

    def when_done(self, told: Callable[[RemoteOutput], None]) -> None:
        """Have it told, from a thread, when it is done; at once if it is already."""
        self._future.add_done_callback(lambda future: told(future.result()))

    def _work(self) -> None:
        problem = self._problem()
        if problem is None:
            self._future.set_result(RemoteOutput(self._address, datetime.now(timezone.utc)))
            return
        problem = plain_text(Redactor(self._environment).text(problem))
        log.warning("the executed notebook could not be copied to %s: %s", self._address, problem)
        self._future.set_result(RemoteOutput(self._address, problem=problem))

    def _problem(self) -> str | None:
        try:
            done = subprocess.run(
                [sys.executable, "-m", "jupyter_mlops.runs.remote.writing", *self._command],
                stdin=subprocess.DEVNULL,
                capture_output=True,  # an error may tell a secret: nothing of it is logged as it is
                env=self._environment,
                cwd=self._folder,  # nothing of the user's is on the path of modules
                timeout=LIMIT_S + 5,
                check=False,
            )
            if not done.stdout:
                said = done.stderr.decode(errors="replace").strip()[-MAX_SAID_CHARS:]
                return said or "The process that copied it was ended."
            return json.loads(done.stdout.splitlines()[-1])["problem"]  # type: ignore[no-any-return]
        except subprocess.TimeoutExpired:
            return f"It took longer than {LIMIT_S:g} s."
        except Exception as error:  # noqa: BLE001 - whatever it is, it is told
            return f"{type(error).__name__}: {error}"


def begin_copy(run: Run, attempt: int, variables: KernelVariables) -> Copying | None:
    """Begin to copy an attempt's executed notebook; None when its job wants none, or there is none.

    Args:
        run: with its job.
        attempt: the attempt's number.
        variables: the job's, with its secrets: credentials are among them.
    """
    url = Policies.of(run.policies or {}).output_url
    source = output_path(run, attempt)
    if url is None or not source.exists():
        return None
    relative = source.relative_to(Path(run.root) / RUNS_FOLDER).as_posix()
    return Copying(source, url, relative, _environment(variables))


def copy_what_was_left(store: Store, settings: Settings, attempt_id: str) -> None:
    """Copy the notebook that a killed attempt has left, in the background; its run is told."""
    query = select(Run, Attempt.number).join(Attempt, Attempt.run_id == Run.id)
    with store.reading() as session:
        found = session.execute(query.where(Attempt.id == attempt_id)).first()
    if found is None:
        return
    run, number = found
    try:
        variables = resolve(run.environment or {}, Secrets(settings))
    except MlopsError:  # it may do without them
        variables = KernelVariables({}, {})
    if (copying := begin_copy(run, number, variables)) is not None:
        copying.when_done(lambda copy: note_copy(store, run.id, attempt_id, copy))


def note_copy(store: Store, run_id: str, attempt_id: str, copy: RemoteOutput) -> None:
    """Say on a run that has ended what became of its copy; not when another attempt holds it meanwhile."""

    def write() -> None:
        with store.session() as session:
            run = session.get(Run, run_id, with_for_update={"of": Run})
            if run is not None and run.attempt_id == attempt_id:
                run.progress = {**(run.progress or {}), REMOTE_OUTPUT: copy.as_dict()}
                changes.record(session, "run", run.id, state=run.state, root=run.root, notebook=run.notebook)

    patiently(write, NOTED_WITHIN_S)


def _environment(variables: KernelVariables) -> dict[str, str]:
    """The job's variables over ours, but for Python's own: the process runs our modules, not the job's."""
    given = variables.over(os.environ)
    ours = {name: text for name, text in os.environ.items() if name.startswith("PYTHON")}
    return {**{name: text for name, text in given.items() if not name.startswith("PYTHON")}, **ours}
