"""Who holds kept kernels: the runner that started them. A worker clears up after one that died."""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
import signal
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import psutil

from jupyter_mlops.config import Settings
from jupyter_mlops.runs.kernel_ending import signal_process_group
from jupyter_mlops.runs.live.resources import ProcessTree
from jupyter_mlops.runs.resume.records import KeptKernel, KeptKernels, ProcessMark
from jupyter_mlops.runs.runner_process import ATTEMPT_VARIABLE, kill_processes_of

log = logging.getLogger(__name__)
MAX_KEPT = 3
MAX_MEMORY = 0.25  # of the machine's, for all kept kernels together
LOOK_EVERY_S = 0.5


@dataclass
class _Held:
    """A kernel that is held here.

    Attributes:
        run_id: the run that can be resumed in it, by the last look.
        gone: told of that run when the kernel is let go.
    """

    records: KeptKernels
    manager: Any
    socket_folder: str | None
    run_id: str
    gone: Callable[[str], None]


class KernelKeeper:
    """Holds the kernels that this process started for runs that failed, each until its time is over.

    They end with this process too, whatever ends it: they are its children, and die with their parent.
    """

    def __init__(self) -> None:
        self._held: dict[str, _Held] = {}
        self._lock = threading.Lock()
        self._watch: threading.Thread | None = None

    def keep(
        self,
        settings: Settings,
        run_id: str,
        attempt_id: str,
        manager: Any,
        socket_folder: str | None,
        for_s: float,
        gone: Callable[[str], None],
    ) -> datetime | None:
        """Hold a kernel for so many seconds; answers until when, or None when there is no room for it.

        When it is let go, or has died, `gone` is told of the run that could be resumed in it, from a thread.

        The oldest ones that nobody resumes in make room for it by number, never by memory.
        """
        records = KeptKernels(settings)
        try:
            kernel = ProcessMark.of(manager.provisioner.pid)
            if not _fits_in_memory(records, kernel.pid):
                log.warning("the kernel of run %s is not kept: it would be too much memory", run_id)
                return None
            until = datetime.now(timezone.utc) + timedelta(seconds=for_s)
            _make_room(records)
            records.write(
                KeptKernel(
                    run_id=run_id,
                    attempt_id=attempt_id,
                    kernel=kernel,
                    holder=ProcessMark.of(os.getpid()),
                    connection_file=manager.connection_file,
                    host=socket.gethostname(),
                    expires_at=until.isoformat(),
                )
            )
        except (OSError, psutil.Error, AttributeError) as error:
            log.warning("the kernel of run %s could not be kept: %s", run_id, error)
            return None
        with self._lock:
            self._held[attempt_id] = _Held(records, manager, socket_folder, run_id, gone)
            if self._watch is None:
                self._watch = threading.Thread(target=self._look, name="kernel-keeper", daemon=True)
                self._watch.start()
        return until

    def holds(self, attempt_id: str) -> bool:
        """Whether the kernel of this attempt is kept here."""
        return attempt_id in self._held

    def let_all_go(self) -> None:
        """End every kernel that is held."""
        for attempt_id in list(self._held):
            self._let_go(attempt_id)

    def _look(self) -> None:
        waiter = threading.Event()
        while not waiter.wait(LOOK_EVERY_S):
            for attempt_id, held in list(self._held.items()):
                kept = held.records.of_kernel(attempt_id)
                if kept is not None:
                    held.run_id = kept.run_id
                if not _is_wanted(held.records, kept):
                    self._let_go(attempt_id)

    def _let_go(self, attempt_id: str) -> None:
        with self._lock:
            held = self._held.pop(attempt_id, None)
        if held is None:
            return
        process = getattr(held.manager.provisioner, "process", None)
        signal_process_group(process, getattr(signal, "SIGKILL", signal.SIGTERM))
        kill_processes_of(ATTEMPT_VARIABLE, attempt_id)
        if process is not None:
            process.wait()
        if held.socket_folder is not None:
            shutil.rmtree(held.socket_folder, ignore_errors=True)
        with contextlib.suppress(OSError):
            held.records.forget(attempt_id)
        held.gone(held.run_id)


KEEPER = KernelKeeper()
"""The one of this process."""


def extend(records: KeptKernels, kept: KeptKernel, run_id: str, for_s: float) -> datetime | None:
    """Keep a kernel on, for the run that has failed in it last; answers until when, None when that fails."""
    until = datetime.now(timezone.utc) + timedelta(seconds=for_s)
    try:
        records.write(replace(kept, run_id=run_id, expires_at=until.isoformat()))
    except OSError as error:
        log.warning("the kernel of run %s could not be kept on: %s", run_id, error)
        return None
    return until


def holds_kernels(settings: Settings, pid: int | None = None) -> bool:
    """Whether kernels are kept: by this runner, or by any."""
    return any(pid in (None, kept.holder.pid) and kept.is_alive for kept in KeptKernels(settings).all())


def clear_up(settings: Settings, gone: Callable[[str], None]) -> None:
    """End what runners that died have left of kernels that they kept, and forget their records.

    Args:
        settings: the records are in its data folder.
        gone: told of each run that can no more be resumed.
    """
    records = KeptKernels(settings)
    for kept in records.all():
        if kept.host == socket.gethostname() and not (kept.holder.is_alive and kept.kernel.is_alive):
            kill_processes_of(ATTEMPT_VARIABLE, kept.attempt_id)
            shutil.rmtree(Path(kept.connection_file).parent, ignore_errors=True)
            records.forget(kept.attempt_id)
            gone(kept.run_id)


def _is_wanted(records: KeptKernels, kept: KeptKernel | None) -> bool:
    if kept is None or not kept.kernel.is_alive:
        return False
    claim = records.claimed_by(kept.attempt_id)
    return not kept.is_over if claim is None else claim.is_alive


def _make_room(records: KeptKernels) -> None:
    free = [kept for kept in records.all() if records.claimed_by(kept.attempt_id) is None]
    for kept in free[: max(0, len(free) - MAX_KEPT + 1)]:
        records.forget(kept.attempt_id)


def _fits_in_memory(records: KeptKernels, pid: int) -> bool:
    pids = [pid, *(kept.kernel.pid for kept in records.all() if kept.is_alive)]
    usages = [ProcessTree(each).look() for each in pids]
    held = sum(usage.memory_bytes for usage in usages if usage is not None)
    return held <= MAX_MEMORY * psutil.virtual_memory().total
