"""One kernel's iopub channel, and whether its process lives."""

from __future__ import annotations

import hmac
import socket
from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

import psutil

from jupyter_mlops.capture.batch import Place
from jupyter_mlops.capture.listener.messages import DELIMITER
from jupyter_mlops.capture.listener.rows import HeardKernel

OnMessage = Callable[[list[bytes]], None]
_EPOCH = datetime.fromtimestamp(0, timezone.utc)


class NoChannelError(Exception):
    """A kernel has no iopub channel that this server could connect to."""


class Subscription:
    """Listens to one kernel until it is closed, across restarts.

    Args:
        manager: the kernel's manager, as Jupyter Server has it.
        on_message: called with each message's signature, header, parent header, metadata and content.

    Attributes:
        pid: of the process that is watched, None when the kernel runs elsewhere.

    Raises:
        NoChannelError: the kernel runs behind a gateway, which keeps its channels to itself.
        Exception: the kernel cannot be listened to for a reason of its manager's.
    """

    def __init__(self, manager: Any, on_message: OnMessage) -> None:
        if not manager.iopub_port:
            raise NoChannelError("it runs behind a gateway")
        self._manager = manager
        self._on_message = on_message
        self._stream: Any = None
        self._address: tuple[Any, ...] | None = None
        self._is_gone = False
        self.pid: int | None = _pid(manager)
        self._connect()

    def check(self) -> bool:
        """Whether the process that was watched has ended since the last call; then watch its successor."""
        pid = _pid(self._manager)
        if pid is None or pid == self.pid:
            is_gone = self.pid is not None and (pid is None or _has_exited(self._manager))
            ended = is_gone and not self._is_gone
            self._is_gone |= is_gone
        else:
            ended = self.pid is not None and not self._is_gone
            self.pid, self._is_gone = pid, False
        if self._address != _address(self._manager):
            self._connect()
        return ended

    def is_genuine(self, message: list[bytes]) -> bool:
        """Whether a message (its signature, then four frames) was signed with this kernel's key."""
        session = self._manager.session
        return session.auth is None or hmac.compare_digest(session.sign(message[1:]), message[0])

    def flush(self) -> None:
        """Take in what has arrived."""
        if self._stream is not None and not self._stream.closed():
            self._stream.flush()

    def close(self) -> None:
        """Listen no more."""
        if self._stream is not None and not self._stream.closed():
            self._stream.on_recv(None)
            self._stream.close()
        self._stream = None

    def _connect(self) -> None:
        self.close()
        self._address = _address(self._manager)
        self._stream = self._manager.connect_iopub()
        self._stream.on_recv(self._receive)

    def _receive(self, message: list[bytes]) -> None:
        try:
            start = message.index(DELIMITER) + 2
        except ValueError:
            return  # no message of Jupyter's, as the welcome of an XPUB socket
        self._on_message(message[start - 1 : start + 4])


def describe_kernel(manager: Any, place: Place, server: dict[str, Any]) -> HeardKernel:
    """What is known of a kernel without listening; its session id is for the caller to choose."""
    pid = _pid(manager)
    return HeardKernel(
        kernel_id=str(manager.kernel_id),
        session_id="",
        place=place,
        started_at=_started_at(pid),
        host=socket.gethostname() if pid is not None else None,
        pid=pid,
        facts={
            "kernel_name": str(manager.kernel_name),
            "language": str(getattr(manager.kernel_spec, "language", "") or ""),
            "server": server,
        },
    )


def _started_at(pid: int | None) -> datetime:
    """When a process began; a moment before every other when it runs elsewhere."""
    try:
        return datetime.fromtimestamp(psutil.Process(pid).create_time(), timezone.utc) if pid else _EPOCH
    except psutil.Error:
        return _EPOCH


def _address(manager: Any) -> tuple[Any, ...]:
    return (manager.transport, manager.ip, manager.iopub_port)


def _pid(manager: Any) -> int | None:
    process = getattr(getattr(manager, "provisioner", None), "process", None)
    pid = getattr(process, "pid", None)
    return pid if isinstance(pid, int) else None


def _has_exited(manager: Any) -> bool:
    process = getattr(getattr(manager, "provisioner", None), "process", None)
    poll = getattr(process, "poll", None)
    return poll is not None and poll() is not None
