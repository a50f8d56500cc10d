"""Kernels of a Jupyter server, as far as the listener asks them."""

from __future__ import annotations

from typing import Any

from jupyter_client.session import Session


class Stream:
    """Where a kernel's iopub messages come out."""

    receive: Any = None

    def on_recv(self, receive: Any) -> None:
        self.receive = receive

    def closed(self) -> bool:
        return False

    def flush(self) -> None:
        pass

    def close(self) -> None:
        self.receive = None

    def say(self, *frames: bytes) -> None:
        """A message, whether somebody listens or not."""
        if self.receive is not None:
            self.receive([b"topic", b"<IDS|MSG>", *frames])


class Kernel:
    """A kernel's manager of somebody else's making, as far as the ears ask it."""

    transport, ip, iopub_port = "tcp", "127.0.0.1", 1
    kernel_name, kernel_spec = "bash", None
    session = Session(key=b"")

    def __init__(self, problem: Exception | None = None, kernel_id: str = "one") -> None:
        self.kernel_id = kernel_id
        self.stream = Stream()
        self._problem = problem

    def connect_iopub(self) -> Stream:
        if self._problem is not None:
            raise self._problem
        return self.stream


class Kernels(dict[str, Kernel]):
    """Those of a server."""

    def list_kernel_ids(self) -> list[str]:
        return list(self)

    def get_kernel(self, kernel_id: str) -> Kernel:
        return self[kernel_id]
