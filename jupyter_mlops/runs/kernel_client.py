"""How a notebook's cells reach a kernel: nbclient, with the cell's identity on every request."""

from __future__ import annotations

import math
import os
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from queue import Empty
from typing import Any

from jupyter_client.asynchronous.client import AsyncKernelClient
from nbclient.exceptions import CellExecutionError, DeadKernelError
from nbformat.v4 import new_output
from papermill.clientwrap import PapermillNotebookClient
from traitlets import Type

from jupyter_mlops.runs.kernel_ending import (
    KernelEnding,
    RunCancelledError,
    RunEndedError,
    TimeLimits,
    die_with_parent,
    signal_process_group,
)
from jupyter_mlops.runs.memory_end import MemoryEnd, MemoryWatch
from jupyter_mlops.runs.output_limit import BoundedChannel, OutputLimit
from jupyter_mlops.runs.partial_notebook import CANCELLED, KILLED, NOT_RUN, TIMED_OUT
from jupyter_mlops.runs.redacted_outputs import RedactedOutputs

EXTENSION = "jupyter_mlops"
IOPUB_WITHIN_S = 0.3
OUTPUTS_WITHIN_S = 60.0  # of a cell that has ended; papermill gives up the run after 4


class CellKernelClient(AsyncKernelClient):
    """A kernel client that says which cell a request is: `cellId` and `tags`, as JupyterLab sends them.

    nbclient and papermill send empty metadata, so that nothing in the kernel could know the cell.
    """

    cell_metadata: dict[str, Any] = {}
    iopub_channel_class = Type(BoundedChannel)

    def execute(
        self,
        code: str,
        silent: bool = False,
        store_history: bool = True,
        user_expressions: dict[str, Any] | None = None,
        allow_stdin: bool | None = None,
        stop_on_error: bool = True,
    ) -> str:
        """Send an execute request; answers with its message id."""
        content = {
            "code": code,
            "silent": silent,
            "store_history": store_history,
            "user_expressions": user_expressions or {},
            "allow_stdin": self.allow_stdin if allow_stdin is None else allow_stdin,
            "stop_on_error": stop_on_error,
        }
        message = self.session.msg("execute_request", content, metadata=self.cell_metadata)
        self.shell_channel.send(message)
        return str(message["header"]["msg_id"])

    async def wait_for_ready(self, timeout: float | None = None) -> None:
        """Wait until the kernel answers and its outputs reach us.

        jupyter_client's own waits for 0.2 s of silence on the output channel; that the channel gave the
        `idle` of our question proves as much at once.

        Args:
            timeout: in seconds.

        Raises:
            RuntimeError: the kernel died, or did not answer in time.
        """
        until = time.monotonic() + (math.inf if timeout is None else timeout)
        while not await self._answers():
            if not await self.is_alive():
                raise RuntimeError("Kernel died before replying to kernel_info")
            if time.monotonic() > until:
                raise RuntimeError(f"Kernel didn't respond in {timeout} seconds")

    async def _answers(self) -> bool:
        question = self.kernel_info()
        try:
            while True:
                reply = await self.shell_channel.get_msg(timeout=1)
                if reply["parent_header"].get("msg_id") == question:
                    break
            while True:
                message = await self.iopub_channel.get_msg(timeout=IOPUB_WITHIN_S)
                ours = message["parent_header"].get("msg_id") == question
                if ours and message["content"].get("execution_state") == "idle":
                    self._handle_kernel_info_reply(reply)
                    return True
        except Empty:
            return False


class CellNotebookClient(PapermillNotebookClient):
    """Runs a notebook's cells in a kernel that records them, and can be cancelled from another thread.

    Args:
        nb_man: papermill's manager of the notebook.
        cancel: set by another thread to end the run: the kernel is interrupted at once, and killed with
            its process group when it has not ended its cell within 2 s.
        observer: told of each cell as it starts and ends, or None.
        kernel_env: the kernel's whole environment, or None for this process's.
        on_message: called with a cell's index and each message of the kernel about it, or None.
        limits: how long a cell and the whole notebook may take.
        redacted: takes secrets out of all that the kernel says, or None.

    Attributes:
        exit_code: of the kernel that died in a cell (negative: the signal that killed it), else None.
        memory: of the kernel that died in a cell, else None.
    """

    def __init__(
        self,
        nb_man: Any,
        cancel: threading.Event | None = None,
        observer: Any = None,
        kernel_env: dict[str, str] | None = None,
        on_message: Callable[[int, dict[str, Any]], None] | None = None,
        limits: TimeLimits | None = None,
        redacted: RedactedOutputs | None = None,
        **options: Any,
    ) -> None:
        super().__init__(nb_man, **{"iopub_timeout": OUTPUTS_WITHIN_S, **options})
        self.on_message = on_message
        self.redacted = redacted
        self.cancel = cancel
        self.observer = observer
        self.kernel_env = kernel_env
        self.exit_code: int | None = None
        self.memory: MemoryEnd | None = None
        self._memory_watch = MemoryWatch()
        self._ending = KernelEnding(cancel, limits or TimeLimits(), self._signal_kernel)
        self._output_limit = OutputLimit()
        self._socket_folder: str | None = None
        self._began = False

    def create_kernel_manager(self) -> Any:
        """A manager whose kernel is reached through private sockets and loads our recorder."""
        manager = super().create_kernel_manager()
        manager.client_class = f"{__name__}.{CellKernelClient.__name__}"
        if any("ipykernel" in word for word in manager.kernel_spec.argv):
            self.extra_arguments += [f"--IPKernelApp.extra_extensions={EXTENSION}"]
            if os.name == "posix":
                # Sockets in a folder of our own cannot be read by other users of the machine; TCP can be.
                self._socket_folder = tempfile.mkdtemp(prefix="mlops-")
                manager.transport = "ipc"
                manager.connection_file = str(Path(self._socket_folder) / "kernel.json")
        return manager

    def execute(self, **kwargs: Any) -> Any:
        """Run every cell."""
        if self.kernel_env is not None:
            kwargs["env"] = self.kernel_env
        if sys.platform == "linux":
            kwargs["preexec_fn"] = die_with_parent
        log = None if self.redacted is None else self.redacted.open_kernel_log()
        if log is not None:
            kwargs["stdout"] = kwargs["stderr"] = log
        try:
            with self._ending:
                return super().execute(**kwargs)
        except RunEndedError:
            raise
        except Exception:
            if self._ending.error is not None:  # the kernel was killed while it started
                self.nb_man.notebook_not_run(_how(self._ending.error))
                raise self._ending.error from None
            if not self._began:
                self.nb_man.notebook_not_run(NOT_RUN)
            raise
        finally:
            if log is not None:
                os.close(log)
            if self._socket_folder is not None:
                shutil.rmtree(self._socket_folder, ignore_errors=True)

    def execute_cell(self, cell: Any, cell_index: int, **kwargs: Any) -> Any:
        """Run one cell, its identity on the request.

        papermill calls this method, bound to nbclient's; overriding only `async_execute_cell` does nothing.
        """
        self._began = True
        try:
            self._ending.cell_starts()
        except RunEndedError as error:
            self.nb_man.cell_not_run(cell)
            self.nb_man.ended_how = _how(error)
            raise
        if isinstance(self.kc, CellKernelClient):
            identity = {"cellId": cell.get("id"), "tags": list(cell.metadata.get("tags", []))}
            self.kc.cell_metadata = {name: value for name, value in identity.items() if value}
        if self.observer is not None:
            self.observer.cell_started(cell_index, cell)
        try:
            executed = super().execute_cell(cell, cell_index, **kwargs)
            self._ending.raise_if_ended()  # it took no notice of its interrupt
            return executed
        except (CellExecutionError, DeadKernelError, RunEndedError) as error:
            self._note_end(cell, cell_index, error)
            raise
        finally:
            self._ending.cell_ended()
            self._show_rest(cell, cell_index)
            if self.observer is not None:
                self.observer.cell_ended(cell_index, cell)

    def _note_end(self, cell: Any, cell_index: int, error: Exception) -> None:
        """Say in the notebook how the cell ended.

        Raises:
            RunEndedError: it was ended from outside, whatever the kernel made of that.
        """
        ended = error if isinstance(error, RunEndedError) else self._ending.error
        if ended is not None or isinstance(error, DeadKernelError):
            self.nb_man.ended_how = _how(ended)
            self.nb_man.cell_exception(cell, cell_index=cell_index)
        if (process := self._process) is not None:
            self.exit_code = process.poll()
        if isinstance(error, DeadKernelError):
            self.memory = self._memory_watch.end(getattr(self.observer, "memory_peak_bytes", None))
        if ended is not None and ended is not error:
            raise ended from error

    async def _check_raise_for_error(self, cell: Any, cell_index: int, exec_reply: Any) -> None:
        """Take IPython's `exit` and `quit` for what `sys.exit` is: the end of the notebook, with a code."""
        if self.redacted is not None and exec_reply is not None:
            self.redacted.clean_message(exec_reply)
        await super()._check_raise_for_error(cell, cell_index, exec_reply)
        code = _exit_asked_for(exec_reply)
        if code is not None:
            cell.outputs.append(new_output("error", ename="SystemExit", evalue=code, traceback=[]))
            raise CellExecutionError(traceback="", ename="SystemExit", evalue=code)

    def process_message(self, msg: Any, cell: Any, cell_index: int) -> Any:
        """Take in what the kernel sent about a cell."""
        if self.redacted is not None and not self.redacted.clean_message(msg):
            return None
        if self.on_message is not None:
            self.on_message(cell_index, msg)
        if self._output_limit.admits(cell_index, msg):
            return super().process_message(msg, cell, cell_index)
        if (note := self._output_limit.note(cell_index)) is not None:
            cell.outputs.append(new_output("stream", name="stderr", text=note))
        return None

    def _show_rest(self, cell: Any, cell_index: int) -> None:
        """Show what waited for more of its stream, now that the cell has ended."""
        for name, text in ({} if self.redacted is None else self.redacted.rest()).items():
            if self.on_message is not None:
                self.on_message(cell_index, {"msg_type": "stream", "content": {"name": name, "text": text}})
            streams = [output for output in cell.outputs if output.get("name") == name]
            if streams:
                streams[-1]["text"] += text
            else:
                cell.outputs.append(new_output("stream", name=name, text=text))

    @property
    def kernel_pid(self) -> int | None:
        """The kernel's process id, None while there is none."""
        return getattr(getattr(self.km, "provisioner", None), "pid", None)

    def kill_kernel(self) -> None:
        """End the kernel and all that it started."""
        self._signal_kernel(getattr(signal, "SIGKILL", signal.SIGTERM))

    @property
    def _process(self) -> Any:
        return getattr(getattr(self.km, "provisioner", None), "process", None)

    def _signal_kernel(self, number: int) -> None:
        signal_process_group(self._process, number)


def _how(ended: RunEndedError | None) -> str:
    if ended is None:
        return KILLED
    return CANCELLED if isinstance(ended, RunCancelledError) else TIMED_OUT


def _exit_asked_for(exec_reply: Any) -> str | None:
    """The code of an `exit(CODE)`, empty for none, when the kernel's answer asks its client to let it end."""
    for payload in (exec_reply or {}).get("content", {}).get("payload") or ():
        if payload.get("source") == "ask_exit":
            code = payload.get("keepkernel")  # that is how IPython understands the argument
            return str(code) if isinstance(code, (int, str)) and code and code is not True else ""
    return None
