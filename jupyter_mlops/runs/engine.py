"""Our papermill engine: papermill's own, with capture, honest cell states and fewer, atomic saves."""

from __future__ import annotations

import os
import tempfile
import threading
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Literal

from papermill import engines
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import NBClientEngine, NotebookExecutionManager, catch_nb_assignment
from papermill.iorw import LocalHandler, papermill_io
from papermill.log import logger
from papermill.utils import merge_kwargs, remove_args

from jupyter_mlops.runs.kernel_client import CellNotebookClient
from jupyter_mlops.runs.partial_notebook import mark_unfinished
from jupyter_mlops.runs.whole_files import put_in_place

SAVE_EVERY_S = 2.0


class MlopsNotebookManager(NotebookExecutionManager):
    """papermill's manager, mended where it is not true or not safe.

    papermill writes the whole notebook twice a cell, in place: a kill in the middle leaves half a file.
    This one writes at most every 2 s and at the end, each time to a new file that replaces the old. And a
    cell that never ran stays `pending`, where papermill calls it `completed` after its kernel died.
    """

    ended_how: str | None = None
    """What ended the run from outside: `cancelled`, `timed-out`, `killed`; None: it ended by itself."""

    _saving: Literal["between cells", "always", "never"] = "between cells"
    # Long ago, so that the first cell's start is written.
    _saved_between_cells = datetime.min.replace(tzinfo=timezone.utc)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._writing = threading.Lock()
        self._unsaved = False
        super().__init__(*args, **kwargs)

    @catch_nb_assignment
    def save(self, **_kwargs: Any) -> None:
        """Write the notebook; between cells only if that was not done in the last 2 s."""
        if self._saving == "never":
            return
        if self._saving == "between cells":
            if not self._may_save_again:
                self._unsaved = True
                return
            self._saved_between_cells = self.now()
        self.save_now()

    def save_now(self) -> None:
        """Write the notebook."""
        with self._writing:
            if self.output_path:
                write_notebook(self.nb, self.output_path)
            self._unsaved = False
            self.last_save_time = self.now()

    def save_late(self) -> None:
        """Write what was left out between cells: a long cell must not hide how the one before it ended.

        Called from another thread, while a cell runs; it may raise `RuntimeError` when that cell changes the
        notebook at this very moment, and is then called again.
        """
        if self._unsaved and self._may_save_again:
            self._saved_between_cells = self.now()
            self.save_now()

    @property
    def _may_save_again(self) -> bool:
        return bool((self.now() - self._saved_between_cells).total_seconds() >= SAVE_EVERY_S)

    @catch_nb_assignment
    def autosave_cell(self) -> None:
        """Write the notebook while a long cell runs, at papermill's own interval."""
        self._saving = "always"
        super().autosave_cell()
        self._saving = "between cells"

    @catch_nb_assignment
    def notebook_start(self, **kwargs: Any) -> None:
        """Reset the notebook's states, and write it: it can be read from the start."""
        self._saving = "never"
        super().notebook_start(**kwargs)
        self._saving = "between cells"
        self.save_now()

    def notebook_not_run(self, how: str) -> None:
        """The run ended before its first cell, while its kernel started."""
        self.ended_how = how
        self.nb.metadata.papermill["exception"] = True

    def cell_not_run(self, cell: Any) -> None:
        """The run ended before this cell: it waits still, and the notebook did not end well."""
        cell.metadata.papermill.update(status=self.PENDING, start_time=None, exception=None)
        self.nb.metadata.papermill["exception"] = True

    @catch_nb_assignment
    def cell_complete(self, cell: Any, cell_index: int | None = None, **kwargs: Any) -> None:
        """Close a cell that ran."""
        if cell.metadata.papermill["status"] != self.PENDING or not self.nb.metadata.papermill["exception"]:
            super().cell_complete(cell, cell_index=cell_index, **kwargs)

    @catch_nb_assignment
    def notebook_complete(self, **kwargs: Any) -> None:
        """Close the notebook; cells that never ran stay `pending`."""
        never_ran = [cell for cell in self.nb.cells if cell.metadata.papermill["status"] == self.PENDING]
        self._saving = "never"
        super().notebook_complete(**kwargs)
        for cell in never_ran:
            cell.metadata.papermill["status"] = self.PENDING
        mark_unfinished(self.nb, self.ended_how)
        self.save_now()


class Engine(NBClientEngine):
    """Executes a notebook by nbclient. Beyond papermill's own, its `execute_notebook` takes:

    Args:
        observer: an object with `cell_started(index, cell)` and `cell_ended(index, cell)`.
        cancel: a `threading.Event` that ends the run.
        kernel_env: the kernel's whole environment.
        limits: `TimeLimits` of the cells and of the whole.
        on_message: called with a cell's index and each message of the kernel about it.
        client_class: makes the notebook client.
        on_client: called with the `CellNotebookClient` before the kernel starts.
    """

    @classmethod
    def execute_notebook(
        cls,
        nb: Any,
        kernel_name: str,
        output_path: str | None = None,
        progress_bar: bool | dict[str, Any] = True,
        log_output: bool = False,
        autosave_cell_every: int = 30,
        **kwargs: Any,
    ) -> Any:
        """Execute the notebook and return it with its outputs."""
        manager = MlopsNotebookManager(
            nb,
            output_path=output_path,
            progress_bar=progress_bar,
            log_output=log_output,
            autosave_cell_every=autosave_cell_every,
        )
        manager.notebook_start()
        try:
            cls.execute_managed_notebook(manager, kernel_name, log_output=log_output, **kwargs)
        finally:
            manager.cleanup_pbar()
            manager.notebook_complete()
        return manager.nb

    @classmethod
    def execute_managed_notebook(
        cls,
        nb_man: Any,
        kernel_name: str,
        log_output: bool = False,
        stdout_file: Any = None,
        stderr_file: Any = None,
        start_timeout: int = 60,
        execution_timeout: int | None = None,
        on_client: Any = None,
        client_class: Callable[..., Any] = CellNotebookClient,
        **kwargs: Any,
    ) -> Any:
        """Execute the managed notebook in a new kernel, or in the one that the client's class gives it."""
        options = merge_kwargs(
            remove_args(["input_path", "timeout", "startup_timeout"], **kwargs),
            timeout=execution_timeout or kwargs.get("timeout"),
            startup_timeout=start_timeout,
            kernel_name=kernel_name,
            log=logger,
            log_output=log_output,
            stdout_file=stdout_file,
            stderr_file=stderr_file,
        )
        if engines.PapermillNotebookClient is not PapermillNotebookClient:
            client_class = engines.PapermillNotebookClient  # papermill's seam: who replaced it wants it used
        client = client_class(nb_man, **options)
        if on_client is not None:
            on_client(client)
        return client.execute()


def write_notebook(nb: Any, path: str) -> None:
    """Write a notebook: on a local disk to a new file that then replaces the old, else as papermill does."""
    if "://" in path or path == "-":
        engines.write_ipynb(nb, path)
        return
    target = Path(path)
    handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.stem}.", suffix=".ipynb")
    try:
        os.close(handle)
        engines.write_ipynb(nb, temporary)
        Path(temporary).replace(target)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


class WholeFileHandler(LocalHandler):
    """papermill's handler of local files, but for its write, which begins by emptying the file."""

    def write(self, buf: str, path: str) -> None:
        """Write to a new file that then takes the old one's place."""
        put_in_place(Path(path), buf)


def write_in_one_step(path: str) -> None:
    """Have papermill write this file in one step: at the end of an execution it does so itself once more."""
    papermill_io.register(path, WholeFileHandler())
