"""The notebook clients of a run whose kernel may be kept, and of one that goes on in a kept kernel."""

from __future__ import annotations

import contextlib
import copy
import time
from collections.abc import Callable, Sequence
from queue import Empty
from typing import Any

from jupyter_client.manager import AsyncKernelManager
from nbclient.util import run_sync

from jupyter_mlops.runs.kernel_client import CellKernelClient, CellNotebookClient
from jupyter_mlops.runs.live.reporter import is_executed
from jupyter_mlops.runs.resume.attached_process import AttachedProcess
from jupyter_mlops.runs.resume.records import KeptKernel, KeptKernels, ProcessMark, kernel_gone

HANDED_OVER_WITHIN_S = 20.0
Keep = Callable[[Any, str | None], bool]


class KeepingNotebookClient(CellNotebookClient):
    """Hands its kernel to somebody who keeps it, instead of ending it, when a cell failed.

    Args:
        keep: takes the kernel's manager and the folder of its sockets, and says whether it keeps them.
    """

    def __init__(self, nb_man: Any, keep: Keep, **options: Any) -> None:
        super().__init__(nb_man, **options)
        self._keep = keep

    async def _async_cleanup_kernel(self) -> None:
        if not self._a_cell_failed or not self._keep(self.km, self._socket_folder):
            await super()._async_cleanup_kernel()
            return
        self._socket_folder = None
        _let_go_of_client(self)

    _cleanup_kernel = run_sync(_async_cleanup_kernel)

    @property
    def _a_cell_failed(self) -> bool:
        """Whether a cell raised in a kernel that is well, and nobody ended the run."""
        process = self._process
        alive = process is not None and process.poll() is None
        return alive and self._ending.error is None and _failed(self.nb.cells)


class ResumedNotebookClient(CellNotebookClient):
    """Goes on in a kept kernel: the cells before the one that failed are taken over, not executed.

    Args:
        kept: the kernel's record.
        records: where it is.
        executed: the cells that the failed run had executed before the one that failed.
        keep_on: called when a cell failed again; says whether the kernel is kept on.
        hand_over: code for the kernel, before the first cell: it is another run's from then on.
    """

    def __init__(
        self,
        nb_man: Any,
        kept: KeptKernel,
        records: KeptKernels,
        executed: Sequence[Any],
        keep_on: Callable[[KeptKernel], bool],
        hand_over: str,
        **options: Any,
    ) -> None:
        super().__init__(nb_man, **options)
        self._kept = kept
        self._records = records
        self._executed = list(executed)
        self._keep_on = keep_on
        self._hand_over = hand_over
        self._taken_over: list[tuple[Any, Any]] = []
        self._kernel_process = AttachedProcess(kept.kernel)

    def create_kernel_manager(self) -> Any:
        """A manager of the kept kernel.

        Raises:
            ConflictError: it is gone, or another run goes on in it.
        """
        if not self._kept.is_alive or not self._records.claim(self._kept):
            raise kernel_gone(self._kept.run_id)
        manager = AttachedKernelManager(connection_file=self._kept.connection_file)
        manager.mark = self._kept.kernel
        manager.client_class = f"{CellKernelClient.__module__}.{CellKernelClient.__name__}"
        manager.load_connection_file()
        return manager

    def papermill_execute_cells(self) -> None:
        """Run the cells from the failed one on."""
        run_sync(self._tell_kernel)()
        try:
            super().papermill_execute_cells()
        finally:
            for cell, before in self._taken_over:  # papermill took the time of what was not executed
                cell.metadata.papermill = before

    async def _tell_kernel(self) -> None:
        """Hand the kernel over; one that cannot (it has no recorder) goes on as it is."""
        request = self.kc.execute(self._hand_over, silent=True, store_history=False, stop_on_error=False)
        until = time.monotonic() + HANDED_OVER_WITHIN_S
        while time.monotonic() < until:
            with contextlib.suppress(Empty):
                reply = await self.kc.shell_channel.get_msg(timeout=1)
                if reply["parent_header"].get("msg_id") == request:
                    return

    def execute_cell(self, cell: Any, cell_index: int, **kwargs: Any) -> Any:
        """Run one cell, or take it over."""
        if not is_executed(cell) or len(self._taken_over) >= len(self._executed):
            return super().execute_cell(cell, cell_index, **kwargs)
        before = self._executed[len(self._taken_over)]
        cell.outputs = copy.deepcopy(before.outputs)
        cell.execution_count = before.execution_count
        cell.metadata["mlops"] = {"executed_in_run": self._kept.run_id}
        self._taken_over.append((cell, copy.deepcopy(before.metadata.get("papermill", {}))))
        if self.observer is not None:
            self.observer.cell_ended(cell_index, cell)
        return cell

    @property
    def kernel_pid(self) -> int | None:
        """The kernel's process id."""
        return self._kept.kernel.pid

    @property
    def _process(self) -> Any:
        return self._kernel_process

    async def _async_cleanup_kernel(self) -> None:
        """Leave the kernel to its holder: to be kept on, or to be let go."""
        _let_go_of_client(self)
        well = self._kept.kernel.is_alive and self._ending.error is None
        if well and _failed(self.nb.cells) and self._keep_on(self._kept):
            self._records.give_back(self._kept.attempt_id)
        else:
            self._records.forget(self._kept.attempt_id)

    _cleanup_kernel = run_sync(_async_cleanup_kernel)


class AttachedKernelManager(AsyncKernelManager):  # type: ignore[misc]
    """The manager of a kernel that another process started and ends."""

    mark: ProcessMark

    @property
    def has_kernel(self) -> bool:
        """There is one: it was looked at before."""
        return True

    async def is_alive(self) -> bool:
        """Whether the kernel is still there."""
        return self.mark.is_alive


def _let_go_of_client(notebook_client: Any) -> None:
    if notebook_client.kc is not None:
        notebook_client.kc.stop_channels()
    notebook_client.kc = notebook_client.km = None


def _failed(cells: Sequence[Any]) -> bool:
    """Whether a cell raised an error, not just left the notebook."""
    for cell in cells:
        if cell.metadata.get("papermill", {}).get("status") == "failed":
            names = [output.get("ename") for output in cell.outputs if output.output_type == "error"]
            return names[-1:] != ["SystemExit"]
    return False
