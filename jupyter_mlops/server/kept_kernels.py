"""Kept kernels among the server's own, so that a failed notebook can be worked on where it failed."""

from __future__ import annotations

import json
import signal
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_core.utils import ensure_async
from jupyter_server._tz import utcnow
from jupyter_server.gateway.managers import GatewayMappingKernelManager
from jupyter_server.prometheus.metrics import KERNEL_CURRENTLY_RUNNING_TOTAL
from jupyter_server.services.kernels.kernelmanager import ServerKernelManager, emit_kernel_action_event
from tornado.ioloop import PeriodicCallback

from jupyter_mlops.errors import ConflictError
from jupyter_mlops.runs.kernel_ending import signal_process_group
from jupyter_mlops.runs.resume.attached_process import AttachedProcess
from jupyter_mlops.runs.resume.records import KeptKernel, kernel_gone

if TYPE_CHECKING:
    from jupyter_mlops.runs.resume.records import KeptKernels

LOOK_EVERY_S = 0.5
OF_KERNELS = uuid.UUID("6d6c6f70-0000-4000-8000-6b6570740000")


def attach(kernels: Any, records: KeptKernels, kept: KeptKernel) -> str:
    """Put a kept kernel among a server's; answers under which id. Its runner still holds it, and ends it.

    Args:
        kernels: Jupyter's manager of kernels.
        records: where the kernel's record is: with it, the kernel leaves the server again.

    Raises:
        ConflictError: the kernel is gone, or this server's kernels run behind a gateway.
    """
    kernel_id = str(uuid.uuid5(OF_KERNELS, kept.attempt_id))
    if kernel_id in kernels:
        return kernel_id
    if isinstance(kernels, GatewayMappingKernelManager):
        raise ConflictError("This server's kernels run behind a gateway, out of a kept kernel's reach.")
    try:
        connection = json.loads(Path(kept.connection_file).read_text())
    except (OSError, ValueError) as error:
        raise kernel_gone(kept.run_id) from error
    manager = KeptKernelManager(parent=kernels, log=kernels.log, owns_kernel=False)
    manager.process = AttachedProcess(kept.kernel)
    manager.load_connection_info(connection)
    manager.kernel_id, manager.kernel_name = kernel_id, connection.get("kernel_name", "")
    manager.execution_state, manager.last_activity = "idle", utcnow()
    manager.ready.set_result(None)
    # As jupyter_client itself takes in kernels that others have started.
    kernels._kernels[kernel_id] = manager
    kernels._kernel_connections[kernel_id] = 0
    kernels._kernel_ports[kernel_id] = manager.ports
    KERNEL_CURRENTLY_RUNNING_TOTAL.labels(type=manager.kernel_name).inc()
    kernels.start_watching_activity(kernel_id)
    manager.detach_without(lambda: _is_free(records, kept.attempt_id))
    return kernel_id


class KeptKernelManager(ServerKernelManager):
    """The server's view of a kernel that a runner holds: to work in and to interrupt, not to end."""

    process: AttachedProcess

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._on_death: list[Callable[[], object]] = []
        self._watch: PeriodicCallback | None = None

    def detach_without(self, is_free: Callable[[], bool]) -> None:
        """Leave the server once the kernel is gone, or a run goes on in it."""

        async def look() -> None:
            if not is_free():
                for tell in list(self._on_death):
                    tell()
                await ensure_async(self.parent.shutdown_kernel(self.kernel_id))

        self._watch = PeriodicCallback(look, LOOK_EVERY_S * 1000)
        self._watch.start()

    @property
    def has_kernel(self) -> bool:
        """There is one: it was looked at before."""
        return True

    async def is_alive(self) -> bool:
        """Whether the kernel is still there."""
        return self.process.poll() is None

    @emit_kernel_action_event(success_msg="Kernel {kernel_id} was interrupted.")
    async def interrupt_kernel(self) -> None:
        """Interrupt what it does."""
        signal_process_group(self.process, signal.SIGINT)

    @emit_kernel_action_event(success_msg="Kernel {kernel_id} was shut down.")
    async def shutdown_kernel(self, *_: Any, **__: Any) -> None:
        """Let go of it: its runner ends it in its time."""
        if self._watch is not None:
            self._watch.stop()

    async def restart_kernel(self, *_: Any, **__: Any) -> None:
        """Refuse.

        Raises:
            RuntimeError: what is kept would be lost.
        """
        raise RuntimeError("A kept kernel cannot be restarted: what it holds is what it is kept for.")

    def add_restart_callback(self, callback: Callable[[], object], event: str = "restart") -> None:
        """Tell the front ends that the kernel died; it is never restarted."""
        if event == "dead":
            self._on_death.append(callback)

    def remove_restart_callback(self, callback: Callable[[], object], event: str = "restart") -> None:
        """Tell them no more."""
        if event == "dead" and callback in self._on_death:
            self._on_death.remove(callback)


def _is_free(records: KeptKernels, attempt_id: str) -> bool:
    kept = records.of_kernel(attempt_id)
    return kept is not None and kept.is_alive and records.claimed_by(attempt_id) is None
