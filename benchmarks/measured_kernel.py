"""A real ipykernel for the benchmarks of capture: cells sent as JupyterLab sends them."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Any

import psutil
from jupyter_client.manager import KernelManager

REPOSITORY = Path(__file__).parents[1]
LOAD = "from jupyter_mlops.capture import recorder as _r; _r.load(get_ipython())"

HOOK_CLOCK = """
import time as _time
_cpu, _open = [], []
def _clocked(hook, first):
    def clocked(argument):
        began = _time.thread_time_ns()
        hook(argument)
        took = _time.thread_time_ns() - began
        if first:
            _open.append(took)
        elif _open:
            _cpu.append(_open.pop() + took)
    return clocked
_events = get_ipython().events
for _event in ("pre_run_cell", "post_run_cell"):
    for _hook in list(_events.callbacks[_event]):
        if type(getattr(_hook, "__self__", None)).__name__ == "Recorder" or _hook.__name__ == "_empty":
            _events.unregister(_event, _hook)
            _events.register(_event, _clocked(_hook, _event == "pre_run_cell"))
"""


class MeasuredKernel:
    """A kernel in a folder of its own; its journal goes there, too."""

    def __init__(self, folder: Path, *prepare: str, **environ: str) -> None:
        folder.mkdir(parents=True)
        self.journals = folder / "journals"
        self.manager = KernelManager(kernel_name="python3", transport="ipc")
        self.manager.connection_file = str(folder / "kernel.json")
        environ = {
            **os.environ,
            "JUPYTER_MLOPS_JOURNALS": str(self.journals),
            "PYTHONPATH": f"{REPOSITORY}{os.pathsep}{os.environ.get('PYTHONPATH', '')}",
            **environ,
        }
        self.manager.start_kernel(cwd=str(folder), env=environ)
        self.client = self.manager.blocking_client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=120)
        for code in prepare:
            self.run(code)

    @property
    def pid(self) -> int:
        return int(self.manager.provisioner.pid)

    def cpu_s(self) -> float:
        """Seconds of processor time that the kernel has used."""
        times = psutil.Process(self.pid).cpu_times()
        return float(times.user + times.system)

    def main_thread_cpu_ns(self) -> int:
        """Nanoseconds of processor time of the thread that runs the cells and answers them (Linux)."""
        return int(Path(f"/proc/{self.pid}/task/{self.pid}/schedstat").read_text().split()[0])

    def send(self, code: str, cell_id: str = "cell") -> str:
        content = {
            "code": code,
            "silent": False,
            "store_history": True,
            "allow_stdin": False,
            "stop_on_error": False,
        }
        message = self.client.session.msg("execute_request", content, metadata={"cellId": cell_id})
        self.client.shell_channel.send(message)
        return str(message["header"]["msg_id"])

    def reply(self, msg_id: str, timeout: float = 300) -> dict[str, Any]:
        """Wait for the reply to a request.

        Raises:
            queue.Empty: there was none in time.
        """
        while True:
            reply = self.client.get_shell_msg(timeout=timeout)
            if reply["parent_header"].get("msg_id") == msg_id:
                return dict(reply["content"])

    def run(self, code: str) -> str:
        """Run a cell and return what it printed; raises RuntimeError when it fails."""
        msg_id, text = self.send(code), ""
        while True:
            message = self.client.get_iopub_msg(timeout=300)
            if message["parent_header"].get("msg_id") != msg_id:
                continue
            if message["msg_type"] == "stream":
                text += message["content"]["text"]
            if message["content"].get("execution_state") == "idle":
                break
        reply = self.reply(msg_id)
        if reply["status"] != "ok":
            raise RuntimeError("\n".join(reply.get("traceback", [])))
        return text

    def round_trip(self, code: str) -> float:
        """Milliseconds from sending a cell to its reply."""
        began = time.perf_counter()
        msg_id = self.send(code)
        self.reply(msg_id)
        took = (time.perf_counter() - began) * 1000
        self.drain(msg_id)
        return took

    def drain(self, msg_id: str) -> None:
        """Take what a cell has put out, so that it does not pile up."""
        while True:
            message = self.client.get_iopub_msg(timeout=300)
            if (
                message["parent_header"].get("msg_id") == msg_id
                and message["content"].get("execution_state") == "idle"
            ):
                return

    def kill(self) -> None:
        """SIGKILL, as the out-of-memory killer does, and reap it."""
        os.kill(self.pid, signal.SIGKILL)
        self.stop()

    def stop(self) -> None:
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)
