"""A real Jupyter server in a process of its own, and browser tabs that talk to kernels as JupyterLab does."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import nbformat
import psutil
import websocket
from jupyter_server.services.kernels.connection.base import deserialize_msg_from_ws_v1, serialize_msg_to_ws_v1
from processes import processes_of
from sqlalchemy import select
from waiting import wait_until

from jupyter_mlops.config import DATA_DIR, Settings
from jupyter_mlops.store import Store
from jupyter_mlops.store.tables import CellExecution, KernelSession, Source

V1 = "v1.kernel.websocket.jupyter.org"
TOKEN = "drill"
LOAD = "%load_ext jupyter_mlops"
START_WITHIN_S = 90.0
CELL_WITHIN_S = 60.0


@dataclass
class Answer:
    """What one request gave."""

    msg_id: str
    printed: dict[str, str] = field(default_factory=lambda: {"stdout": "", "stderr": ""})
    outputs: list[dict[str, Any]] = field(default_factory=list)
    reply: dict[str, Any] | None = None
    is_idle: bool = False


class Tab:
    """One browser tab on one kernel. It must listen for answers to come in: nothing is read in between."""

    def __init__(self, server: JupyterProcess, kernel_id: str, protocol: str | None = V1) -> None:
        self.client = uuid.uuid4().hex
        self.protocol = protocol
        self._answers: dict[str, Answer] = {}
        url = f"ws://{server.address}{server.base_url}/api/kernels/{kernel_id}/channels?session_id={self.client}&token={TOKEN}"
        self._socket = websocket.create_connection(
            url, timeout=CELL_WITHIN_S, subprotocols=[protocol] if protocol else None
        )

    def send(
        self, code: str, cell_id: str | None = None, *, silent: bool = False, tags: list[str] | None = None
    ) -> str:
        """Ask for an execution; answers with the request's id."""
        metadata = {name: value for name, value in (("cellId", cell_id), ("tags", tags)) if value}
        content = {
            "code": code,
            "silent": silent,
            "store_history": not silent,
            "user_expressions": {},
            "allow_stdin": False,
            "stop_on_error": True,
        }
        msg_id = uuid.uuid4().hex
        header = {
            "msg_id": msg_id,
            "msg_type": "execute_request",
            "session": self.client,
            "username": "",
            "date": datetime.now(timezone.utc).isoformat(),
            "version": "5.4",
        }
        message = {"header": header, "parent_header": {}, "metadata": metadata, "content": content}
        self._answers[msg_id] = Answer(msg_id)
        if self.protocol == V1:
            packed = serialize_msg_to_ws_v1(message, "shell", lambda part: json.dumps(part).encode())
            self._socket.send_binary(packed)
        else:
            self._socket.send(json.dumps({**message, "channel": "shell", "buffers": []}))
        return msg_id

    def run(self, code: str, cell_id: str | None = None, **how: Any) -> Answer:
        """Execute, and wait for the end."""
        return self.answer(self.send(code, cell_id, **how))

    def answer(self, msg_id: str) -> Answer:
        """Wait for the end of an execution."""
        answer = self._answers[msg_id]
        while answer.reply is None or not answer.is_idle:
            self._listen()
        return answer

    def wait_for_print(self, msg_id: str) -> None:
        """Wait until the cell has printed something: it is in its middle."""
        while not self._answers[msg_id].printed["stdout"]:
            self._listen()

    def close(self) -> None:
        """Close the tab."""
        self._socket.close()

    def _listen(self) -> None:
        received = self._socket.recv()
        if isinstance(received, bytes):
            _, parts = deserialize_msg_from_ws_v1(received)
            header, parent, _, content = (json.loads(part) for part in parts[:4])
        else:
            message = json.loads(received)
            header, parent, content = message["header"], message["parent_header"], message["content"]
        answer = self._answers.get(parent.get("msg_id", ""))
        if answer is None:
            return
        kind = header["msg_type"]
        if kind == "stream":
            answer.printed[content["name"]] += content["text"]
        elif kind in {"display_data", "execute_result", "error", "update_display_data"}:
            answer.outputs.append({"kind": kind, **content})
        elif kind == "status" and content["execution_state"] == "idle":
            answer.is_idle = True
        elif kind == "execute_reply":
            answer.reply = content


@dataclass
class Notebook:
    """An open notebook: its session and its kernel."""

    server: JupyterProcess
    path: str
    session_id: str
    kernel_id: str

    def open_tab(self, protocol: str | None = V1) -> Tab:
        return Tab(self.server, self.kernel_id, protocol)

    def record(self, on: bool = True) -> dict[str, Any]:
        return self.server.call("PUT", "/jupyter-mlops/api/recording", {"notebook": self.path, "on": on})

    def recording(self) -> dict[str, Any]:
        return self.server.call("GET", f"/jupyter-mlops/api/recording?notebook={self.path}")

    def rename(self, path: str) -> None:
        self.server.call("PATCH", f"/api/contents/{self.path}", {"path": path})
        self.server.call("PATCH", f"/api/sessions/{self.session_id}", {"path": path})
        self.path = path

    def do(self, action: str) -> None:
        """`restart` or `interrupt` its kernel."""
        self.server.call("POST", f"/api/kernels/{self.kernel_id}/{action}")

    def kernel_process(self) -> psutil.Process:
        def find() -> psutil.Process | None:
            for process in psutil.Process(self.server.process.pid).children():
                if any(self.kernel_id in word for word in process.cmdline()):
                    return process
            return None

        return wait_until(find, START_WITHIN_S, "the kernel's process")

    def close(self) -> None:
        """Shut its kernel down."""
        self.server.call("DELETE", f"/api/sessions/{self.session_id}")

    def rows(self) -> list[CellExecution]:
        return self.server.rows(self.kernel_id)

    def row(self, msg_id: str, status: str | None = None, within_s: float = 20.0) -> CellExecution:
        """The one row of a request, once it is there with this status."""

        def found() -> list[CellExecution]:
            rows = [row for row in self.rows() if row.msg_id == msg_id]
            return rows if rows and (status is None or rows[0].status == status) else []

        rows = wait_until(found, within_s, f"a row {status or ''} of {msg_id} among {self.summary()}")
        assert len(rows) == 1
        return rows[0]

    def summary(self) -> list[tuple[str | None, str, str]]:
        return [(row.cell_id, row.status, row.recorded_by) for row in self.rows()]


class JupyterProcess:
    """A Jupyter server of its own process, and the store that it writes.

    Args:
        folder: of its root, its log and its runtime files.
        is_extended: whether it loads us.
        arguments: further ones of `jupyter server`.
        base_url: where its pages are, as `/user/ana` under JupyterHub.
        data_dir: ours; several servers may share one.
    """

    def __init__(
        self,
        folder: Path,
        *,
        is_extended: bool = True,
        arguments: tuple[str, ...] = (),
        base_url: str = "",
        data_dir: Path | None = None,
        **environ: str,
    ) -> None:
        self.folder = folder
        self.base_url = base_url
        self._is_extended = is_extended
        self._arguments = arguments
        self.root = folder / "work"
        self.root.mkdir(parents=True, exist_ok=True)
        self.settings = Settings.load({DATA_DIR: str(data_dir or folder / "mlops-data")})
        self._environ = {**environ, DATA_DIR: str(self.settings.data_dir)}
        self._store: Store | None = None
        self.process = self._start()
        self.address = self._wait_for_address()

    @property
    def store(self) -> Store:
        if self._store is None:
            self._store = self.settings.open_store()
        return self._store

    def open(self, path: str, kernel: str = "python3") -> Notebook:
        """Open a notebook as JupyterLab does, its kernel started."""
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(nbformat.v4.new_notebook(), file)
        body = {"path": path, "name": path, "type": "notebook", "kernel": {"name": kernel}}
        session = self.call("POST", "/api/sessions", body)
        return Notebook(self, path, session["id"], session["kernel"]["id"])

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """A REST call; answers with its JSON."""
        data = json.dumps(body or {}).encode() if method != "GET" else None
        request = Request(f"http://{self.address}{self.base_url}{path}", data, method=method)
        request.add_header("Authorization", f"token {TOKEN}")
        request.add_header("Content-Type", "application/json")
        try:
            with urlopen(request, timeout=CELL_WITHIN_S) as answer:
                return json.loads(answer.read() or b"null")
        except HTTPError as error:
            raise AssertionError(f"{method} {path}: {error.code} {error.read().decode()}") from error

    def rows(self, kernel_id: str) -> list[CellExecution]:
        query = select(CellExecution).join(KernelSession, KernelSession.id == CellExecution.session_id)
        with self.store.reading() as session:
            found = session.scalars(query.where(KernelSession.kernel_id == kernel_id))
            return sorted(found, key=lambda row: (row.started_at, row.seq))

    def sessions(self, kernel_id: str) -> list[KernelSession]:
        with self.store.reading() as session:
            return list(session.scalars(select(KernelSession).where(KernelSession.kernel_id == kernel_id)))

    def source(self, row: CellExecution) -> str:
        with self.store.reading() as session:
            return session.get_one(Source, row.source_sha).text

    def log(self) -> str:
        return (self.folder / "server.log").read_text()

    def kill(self) -> None:
        """SIGKILL, and nothing else."""
        self.process.kill()
        self.process.wait()

    def start_again(self) -> None:
        """Start it again after it was killed."""
        self.process = self._start()
        self.address = self._wait_for_address()

    def stop(self) -> None:
        """As its user does, with Ctrl-C twice."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(20)
        self.process.kill()
        self.process.wait()
        if self._store is not None:
            self._store.close()

    def _start(self) -> subprocess.Popen[bytes]:
        extensions = {
            "jupyter_mlops": self._is_extended,
            "jupyterlab": False,
            "jupyter_lsp": False,
            "notebook_shim": False,
        }
        runtime = self.folder / "runtime"
        for file in runtime.glob("jpserver-*.json"):
            file.unlink()
        environ = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("MLFLOW_", "JPY_"))},
            "JUPYTER_TOKEN": TOKEN,
            "JUPYTER_RUNTIME_DIR": str(runtime),
            "JUPYTER_CONFIG_DIR": str(self.folder / "config"),
            "IPYTHONDIR": str(self.folder / "ipython"),
            **self._environ,
        }
        arguments = ["--no-browser", "--allow-root", "--ServerApp.port=0", "--ServerApp.ip=127.0.0.1"]
        arguments += [f"--ServerApp.root_dir={self.root}", f"--ServerApp.jpserver_extensions={extensions}"]
        arguments += [f"--ServerApp.base_url={self.base_url}/", *self._arguments]
        with (self.folder / "server.log").open("ab") as log:
            command = [sys.executable, "-m", "jupyter_server", *arguments]
            return subprocess.Popen(command, env=environ, stdout=log, stderr=log, cwd=self.folder)

    def _wait_for_address(self) -> str:
        runtime = self.folder / "runtime"

        def address() -> str | None:
            assert self.process.poll() is None, self.log()
            for file in runtime.glob("jpserver-*.json"):
                with suppress(ValueError):
                    port = json.loads(file.read_text())["port"]
                    with suppress(OSError), urlopen(f"http://127.0.0.1:{port}{self.base_url}/api", timeout=5):
                        return f"127.0.0.1:{port}"
            return None

        return wait_until(address, START_WITHIN_S, "the server answers") or ""


@contextmanager
def jupyter_process(folder: Path, **how: Any) -> Iterator[JupyterProcess]:
    """A running server, as `JupyterProcess` makes it; at its end its processes are ended."""
    server = JupyterProcess(folder, **how)
    try:
        yield server
    finally:
        server.stop()
        for process in processes_of(server.settings.data_dir):
            process.kill()
