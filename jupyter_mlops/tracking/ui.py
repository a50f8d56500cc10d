"""MLflow's own UI on what was tracked."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from types import TracebackType

from jupyter_mlops.config import Settings, hide_password
from jupyter_mlops.errors import TrackingUnavailableError
from jupyter_mlops.loopback import HOST, choose_port
from jupyter_mlops.tracking.probe import check_tracking

USUAL_PORT = 5000
STARTS_WITHIN_S = 300.0


def is_server(settings: Settings) -> bool:
    """Whether the tracking URI is a server, which has its UI itself."""
    return settings.tracking_uri.startswith(("http://", "https://"))


class UiServer:
    """MLflow's server on this user's tracking database, for this machine only, while the block lasts.

    Args:
        settings: with a tracking URI that is a database or a folder.
        port: to listen on; by default 5000, or any free one when that is taken.

    Attributes:
        url: of the UI.

    Raises:
        BadInputError: the port is taken.
    """

    def __init__(self, settings: Settings, port: int | None = None) -> None:
        self._settings = settings
        self._port = choose_port(port, USUAL_PORT)
        self.url = f"http://{HOST}:{self._port}"

    def __enter__(self) -> UiServer:
        settings = self._settings
        settings.make_folders()
        environment = {
            # MLflow's own jobs judge traces of language models, in six more processes.
            "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
            **os.environ,
            # By the environment, as a command line is seen by every user, and a URI may hold a password.
            "MLFLOW_BACKEND_STORE_URI": settings.tracking_uri,
            "MLFLOW_DISABLE_TELEMETRY": "true",
        }
        if settings.tracking_source == "default":
            environment["MLFLOW_DEFAULT_ARTIFACT_ROOT"] = (settings.mlflow_dir / "artifacts").as_uri()
        command = [sys.executable, "-m", "mlflow", "server", "--host", HOST, "--port", str(self._port)]
        self._log = os.open(settings.logs / "ui.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._process = subprocess.Popen(
            [*command, "--workers", "1"],
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
            env=environment,
            cwd=settings.data_dir,
            start_new_session=True,
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        _end(self._process)
        os.close(self._log)

    def wait_until_ready(self) -> None:
        """Wait for its first answer.

        Raises:
            TrackingUnavailableError: it ended, or gave none in five minutes.
        """
        give_up_at = time.monotonic() + STARTS_WITHIN_S
        while time.monotonic() < give_up_at and self._process.poll() is None:
            try:
                check_tracking(self.url)
                return
            except TrackingUnavailableError:
                time.sleep(0.1)
        raise TrackingUnavailableError(
            f"MLflow's UI on {hide_password(self._settings.tracking_uri)} did not start.",
            field="tracking_uri",
            hint=f"Its log says why: {self._settings.logs / 'ui.log'}",
        )

    def wait(self) -> int:
        """Wait until it ends; its exit code."""
        return self._process.wait()


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the server and its children."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        if process.poll() is not None:
            return
        os.killpg(process.pid, number)
        try:
            process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            continue
