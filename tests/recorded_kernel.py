"""A real kernel, driven as JupyterLab drives one, with its journal in a folder of the test's."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jupyter_client.manager import KernelManager

LOAD = "from jupyter_mlops.capture import recorder as _r; _r.load(get_ipython()); del _r"
UNLOAD = "from jupyter_mlops.capture import recorder as _r; _r.unload(get_ipython()); del _r"


@dataclass
class Answer:
    """What one execute request gave: its streams, its other outputs, and its reply."""

    msg_id: str
    streams: dict[str, str] = field(default_factory=lambda: {"stdout": "", "stderr": ""})
    outputs: list[dict[str, Any]] = field(default_factory=list)
    reply: dict[str, Any] = field(default_factory=dict)


class RecordedKernel:
    """A kernel of its own process, and the journal it writes."""

    def __init__(self, journals: Path, cwd: Path, **environ: str) -> None:
        self.journals = journals
        self.manager = KernelManager(kernel_name="python3", transport="ipc")
        self.manager.connection_file = str(cwd / "kernel-0f1e2d3c.json")
        source_tree = str(Path(__file__).parents[1])
        environ = {
            **os.environ,
            "JUPYTER_MLOPS_JOURNALS": str(journals),
            "PYTHONPATH": source_tree + os.pathsep + os.environ.get("PYTHONPATH", ""),
            **environ,
        }
        self.manager.start_kernel(cwd=str(cwd), env=environ)
        self.client = self.manager.blocking_client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=60)

    @property
    def pid(self) -> int:
        return int(self.manager.provisioner.pid)

    def send(self, code: str, *, silent: bool = False, store_history: bool = True, **metadata: Any) -> str:
        content = {
            "code": code,
            "silent": silent,
            "store_history": store_history,
            "user_expressions": {},
            "allow_stdin": False,
            "stop_on_error": False,
        }
        message = self.client.session.msg("execute_request", content)
        message["metadata"].update(metadata)
        self.client.shell_channel.send(message)
        return str(message["header"]["msg_id"])

    def answer(self, msg_id: str) -> Answer:
        answer = Answer(msg_id)
        while True:
            message = self.client.get_iopub_msg(timeout=60)
            kind, content = message["msg_type"], message["content"]
            if message["parent_header"].get("msg_id") != msg_id:
                continue
            if kind == "stream":
                answer.streams[content["name"]] += content["text"]
            elif kind in {"display_data", "execute_result", "error"}:
                answer.outputs.append({"kind": kind, **content})
            elif kind == "status" and content["execution_state"] == "idle":
                break
        while answer.reply == {}:
            reply = self.client.get_shell_msg(timeout=60)
            if reply["parent_header"].get("msg_id") == msg_id:
                answer.reply = reply["content"]
        return answer

    def run(self, code: str, **how: Any) -> Answer:
        return self.answer(self.send(code, **how))

    def wait_until_running(self, msg_id: str) -> None:
        """Until the cell has printed something, and so is past our hook."""
        while True:
            message = self.client.get_iopub_msg(timeout=60)
            if message["parent_header"].get("msg_id") == msg_id and message["msg_type"] == "stream":
                return

    @property
    def journal(self) -> Path:
        (path,) = self.journals.glob("*.jsonl")
        return path

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.journal.read_bytes().splitlines()]

    def record(self, answer: Answer) -> tuple[dict[str, Any], dict[str, Any]]:
        """The begin and the end line of the one cell execution that answered a request."""
        begins = (line for line in self.lines() if line.get("msg_id") == answer.msg_id)
        (begin,) = [line for line in begins if line["parent_exec_id"] is None]
        (end,) = [line for line in self.lines() if line["ph"] == "E" and line["exec_id"] == begin["exec_id"]]
        return begin, end

    def kill(self) -> None:
        """SIGKILL, as the out-of-memory killer does, and reap it."""
        os.kill(self.pid, signal.SIGKILL)
        self.stop()

    def stop(self) -> None:
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)


StartKernel = Callable[..., RecordedKernel]
