"""The ears: what runs on the server's event loop. It collects, and leaves all thinking to a thread."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timezone
from enum import Enum
from functools import partial
from typing import Any

from jupyter_mlops.capture.listener.messages import Moment, Reply, Request, names_us, read_reply, read_request
from jupyter_mlops.capture.listener.subscription import NoChannelError, Subscription

MAX_HELD_BYTES = 64 << 20
"""Messages held while the thread cannot take them; more outputs than that go uncounted."""
GRACE_S = 0.3
"""What a process wrote just before its end may arrive just after it."""
HINT_S = 30.0
"""How long a kernel is listened to that may be loading our recorder."""


class Sign(Enum):
    """What happens to a kernel, beyond its messages."""

    ENDED = "ended"
    INTERRUPTED = "interrupted"


@dataclass(frozen=True)
class Message:
    """A message on iopub, not yet read."""

    frames: list[bytes]
    is_genuine: Callable[[list[bytes]], bool]


@dataclass(frozen=True)
class Event:
    """Something heard of a kernel."""

    kernel_id: str
    what: Request | Reply | Message | Sign
    at: Moment


class Hearing:
    """Listens to kernels. Nothing here raises into what it listens to: errors are counted, and logged once.

    Args:
        kernels: Jupyter's manager of kernels.
        log: the server's log.

    Attributes:
        subscriptions: the kernels listened to.
        deaf: kernels that cannot be listened to, each with why.
        errors: how often something of ours failed.
        dropped: messages not taken in because too many were held.
    """

    def __init__(self, kernels: Any, log: logging.Logger) -> None:
        self._kernels = kernels
        self._log = log
        self._events: deque[Event] = deque()
        self._held_bytes = 0
        self._hints: dict[str, float] = {}
        self._dying: set[str] = set()
        self.subscriptions: dict[str, Subscription] = {}
        self.deaf: dict[str, str] = {}
        self.errors = 0
        self.dropped = 0

    def overhear_request(self, kernel_id: str, message: str | bytes) -> None:
        """A front end's message passes by."""
        try:
            if names_us(message):
                self._hints[kernel_id] = time.monotonic() + HINT_S
                self._subscribe(kernel_id)
            if kernel_id in self.subscriptions and (request := read_request(message)) is not None:
                self._note(kernel_id, request)
        except Exception as error:  # noqa: BLE001 - a front end's message must go through whatever it is
            self.count_error(error)

    def overhear_reply(self, kernel_id: str, frames: list[bytes]) -> None:
        """A kernel's answer passes by."""
        try:
            if kernel_id in self.subscriptions and (reply := read_reply(frames)) is not None:
                self._note(kernel_id, reply)
        except Exception as error:  # noqa: BLE001 - as above
            self.count_error(error)

    def notice_interrupt(self, kernel_id: str) -> None:
        """Somebody interrupts a kernel."""
        if kernel_id in self.subscriptions:
            self._note(kernel_id, Sign.INTERRUPTED)

    def listen_to(self, wanted: Iterable[str]) -> None:
        """Listen to these kernels, and to those that are just being told to record; to no others."""
        now = time.monotonic()
        self._hints = {kernel_id: until for kernel_id, until in self._hints.items() if until > now}
        alive = set(self._kernels.list_kernel_ids())
        wanted = (set(wanted) | set(self._hints)) & alive
        self.deaf = {kernel_id: why for kernel_id, why in self.deaf.items() if kernel_id in alive}
        for kernel_id in wanted - set(self.subscriptions):
            self._subscribe(kernel_id)
        for kernel_id, subscription in list(self.subscriptions.items()):
            if kernel_id not in alive or subscription.check():
                self._notice_end(kernel_id, is_last=kernel_id not in alive)
            elif kernel_id not in wanted:
                self._close(kernel_id)

    def take(self) -> list[Event]:
        """What was heard since the last call."""
        events, self._events, self._held_bytes = list(self._events), deque(), 0
        return events

    def close(self) -> None:
        """Listen no more; whatever still runs in these kernels has ended for us."""
        for kernel_id in list(self.subscriptions):
            self.subscriptions[kernel_id].flush()
            self._note(kernel_id, Sign.ENDED)
            self._close(kernel_id)

    def count_error(self, error: BaseException) -> None:
        """Note that something of ours failed; the first time, say so."""
        self.errors += 1
        if self.errors == 1:
            self._log.warning("Listening to a kernel failed; this is said once.", exc_info=error)

    def _subscribe(self, kernel_id: str) -> None:
        if kernel_id in self.subscriptions or kernel_id in self.deaf or kernel_id not in self._kernels:
            return
        try:
            self.subscriptions[kernel_id] = Subscription(
                self._kernels.get_kernel(kernel_id), partial(self._receive, kernel_id)
            )
        except NoChannelError as error:
            self.deaf[kernel_id] = str(error)
        except Exception as error:  # noqa: BLE001 - kernels come from others' classes
            self.deaf[kernel_id] = str(error) or type(error).__name__
            self.count_error(error)

    def _receive(self, kernel_id: str, frames: list[bytes]) -> None:
        size = sum(map(len, frames))
        if self._held_bytes + size > MAX_HELD_BYTES and b'"status"' not in frames[1]:
            self.dropped += 1
            return
        self._held_bytes += size
        self._note(kernel_id, Message(frames, self.subscriptions[kernel_id].is_genuine))

    def _notice_end(self, kernel_id: str, *, is_last: bool) -> None:
        if kernel_id in self._dying:
            return
        self._dying.add(kernel_id)
        at = now()

        def settle() -> None:
            self._dying.discard(kernel_id)
            if kernel_id in self.subscriptions:
                self.subscriptions[kernel_id].flush()
            self._events.append(Event(kernel_id, Sign.ENDED, at))
            if is_last:
                self._close(kernel_id)

        asyncio.get_running_loop().call_later(GRACE_S, settle)

    def _close(self, kernel_id: str) -> None:
        subscription = self.subscriptions.pop(kernel_id, None)
        if subscription is not None:
            subscription.close()

    def _note(self, kernel_id: str, what: Request | Reply | Message | Sign) -> None:
        self._events.append(Event(kernel_id, what, now()))


def now() -> Moment:
    """This moment."""
    return Moment(datetime.now(timezone.utc), time.monotonic())
