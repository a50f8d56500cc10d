"""A kernel as JupyterLab starts it for a notebook, and every output that it publishes."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field
from typing import Any

from jupyter_client.manager import KernelManager
from workbench import Workbench

from jupyter_mlops.ids import new_id

ANSWERS_WITHIN_S = 120.0


@dataclass
class Answer:
    """What one cell gave until it ended."""

    msg_id: str
    status: str = ""
    streams: str = ""
    shown: list[dict[str, Any]] = field(default_factory=list)
    error: dict[str, Any] | None = None

    @property
    def text(self) -> str:
        """Everything that was shown, as plain text."""
        return "\n".join(output["data"]["text/plain"] for output in self.shown)

    @property
    def html(self) -> str:
        return "\n".join(output["data"]["text/html"] for output in self.shown)


class NotebookKernel:
    """A kernel with the environment that our server gives, on a notebook of a workbench."""

    def __init__(self, bench: Workbench, notebook: str, **environ: str) -> None:
        ours = ("JUPYTER_MLOPS_", "MLFLOW_", "_MLFLOW_")
        clean = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
        self.manager = KernelManager(kernel_name="python3", transport="ipc")
        self.manager.connection_file = str(bench.root.parent / f"kernel-{new_id()}.json")
        self.manager.start_kernel(
            cwd=str(bench.root),
            env={
                **clean,
                **bench.settings.process_environment(),
                "JUPYTER_MLOPS_ROOT": str(bench.root),
                "JPY_SESSION_NAME": str(bench.root / notebook),
                **environ,
            },
        )
        self.client = self.manager.blocking_client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=ANSWERS_WITHIN_S)
        self.updates: list[dict[str, Any]] = []
        assert self.run("%load_ext jupyter_mlops").status == "ok"

    def run(self, code: str, cell_id: str | None = None) -> Answer:
        """Execute a cell, told its id as JupyterLab does; updates of earlier outputs go to `updates`."""
        content = {"code": code, "silent": False, "store_history": True, "allow_stdin": False}
        request = self.client.session.msg("execute_request", {**content, "stop_on_error": True})
        if cell_id is not None:
            request["metadata"] = {"cellId": cell_id}
        self.client.shell_channel.send(request)
        answer = Answer(request["header"]["msg_id"])
        while True:
            message = self._next(ANSWERS_WITHIN_S)
            kind, content = message["msg_type"], message["content"]
            if message["parent_header"].get("msg_id") != answer.msg_id:
                assert kind in ("update_display_data", "status"), f"{kind} of an earlier cell"
            elif kind in ("display_data", "execute_result"):
                answer.shown.append(content)
            elif kind == "stream":
                answer.streams += content["text"]
            elif kind == "error":
                answer.error = content
            elif kind == "status" and content["execution_state"] == "idle":
                answer.status = self._reply_to(answer.msg_id)["status"]
                return answer

    def wait_for_update(self, text: str, within_s: float = ANSWERS_WITHIN_S) -> dict[str, Any]:
        """Wait until something that was shown is updated to hold a text."""
        deadline = time.monotonic() + within_s
        while not (found := [u for u in self.updates if text in u["content"]["data"]["text/plain"]]):
            self._next(max(0.1, deadline - time.monotonic()))
        return found[0]

    def complete(self, code: str) -> list[str]:
        matches: list[str] = self.client.complete(code, reply=True, timeout=ANSWERS_WITHIN_S)["content"][
            "matches"
        ]
        return matches

    def close(self) -> None:
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)

    def _reply_to(self, msg_id: str) -> dict[str, Any]:
        while True:
            message = self.client.get_shell_msg(timeout=ANSWERS_WITHIN_S)
            if message["parent_header"].get("msg_id") == msg_id:
                content: dict[str, Any] = message["content"]
                return content

    def _next(self, within_s: float) -> dict[str, Any]:
        message: dict[str, Any] = self.client.get_iopub_msg(timeout=within_s)
        if message["msg_type"] == "update_display_data":
            self.updates.append(message)
        return message
