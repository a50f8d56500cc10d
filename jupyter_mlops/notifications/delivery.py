"""Carrying notifications to their channels, by a worker: each once, however many workers share the store.

A notification that is due is claimed by one statement that also sets when it is due again. So one that a
worker dies with is tried again by another; and one that kills every worker that touches it is given up after
so many tries, like one whose channel never answers. What does not get through is said so in JupyterLab.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta, timezone
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from jupyter_mlops.notifications.channels import Channel, Channels
from jupyter_mlops.notifications.message import Message
from jupyter_mlops.notifications.notifiers import send
from jupyter_mlops.notifications.outbox import GIVEN_UP, PENDING, SENT, note
from jupyter_mlops.notifications.rules import JUPYTERLAB
from jupyter_mlops.store import Store, changes
from jupyter_mlops.store.tables import Notification, Run

SEND_WITHIN_S = 30.0
FIRST_DELAY_S = 5.0
LONGEST_DELAY_S = 1800.0
MAX_TRIES = 20  # about six hours
KEEP = timedelta(days=30)

log = logging.getLogger(__name__)


def retry_delay(tries: int) -> timedelta:
    """How long to wait after so many tries: 5 s, 10 s, 20 s, … up to half an hour."""
    return timedelta(seconds=min(FIRST_DELAY_S * 2 ** min(tries - 1, 20), LONGEST_DELAY_S))


class Courier:
    """Delivers what is due. Each channel has its own thread while it has something to carry, so that a slow
    one holds up no other.

    Args:
        store: has the notifications.
        channels: has the addresses.
        send_within_s: after so long a channel that does not answer is left alone, and tried again later.
        deliver: sends a message by a channel.
    """

    def __init__(
        self,
        store: Store,
        channels: Channels,
        send_within_s: float = SEND_WITHIN_S,
        deliver: Callable[[Channel, Message], None] = send,
    ) -> None:
        self._store = store
        self._channels = channels
        self._send_within_s = send_within_s
        self._deliver = deliver
        self._rounds: dict[str, _Round] = {}

    def tick(self) -> None:
        """Start carrying what is due; returns at once."""
        for channel, going in list(self._rounds.items()):
            if not going.is_alive() or going.hangs(self._send_within_s):
                del self._rounds[channel]  # a thread that hangs ends by itself, or with the worker
        for channel in due_channels(self._store, _now(), besides=self._rounds):
            self._rounds[channel] = going = _Round(self, channel)
            going.start()

    @property
    def is_busy(self) -> bool:
        """Whether anything is being carried."""
        return any(going.is_alive() for going in self._rounds.values())

    def close(self, within_s: float) -> None:
        """Let what is being carried arrive, for so long at most."""
        deadline = time.monotonic() + within_s
        for going in self._rounds.values():
            going.join(max(0.0, deadline - time.monotonic()))

    def carry_next(self, channel: str, begin: Callable[[], None]) -> bool:
        """Deliver what has been due longest on a channel; says whether there was any and it got through."""
        lease = timedelta(seconds=self._send_within_s) + retry_delay(1)
        claimed = claim_due(self._store, channel, _now(), lease)
        if claimed is None:
            return False
        begin()
        try:
            message = Message(claimed.event, claimed.title, claimed.body)
            self._deliver(self._channels.named(channel), message)
        except Exception as error:  # noqa: BLE001 - kept with the row
            log.warning("notification %s did not reach channel %r: %s", claimed.id, channel, error)
            record_failure(self._store, claimed, str(error))
            return False
        record_sent(self._store, claimed)
        return True


class _Round(threading.Thread):
    """Carries all that is due on one channel, until something does not get through."""

    def __init__(self, courier: Courier, channel: str) -> None:
        super().__init__(name=f"notify {channel}", daemon=True)
        self._courier = courier
        self._channel = channel
        self._left_alone = False
        self._since = time.monotonic()

    def hangs(self, longest_s: float) -> bool:
        """Whether one message has taken so long; it is then left alone, and sends nothing more."""
        self._left_alone = time.monotonic() - self._since > longest_s
        return self._left_alone

    def run(self) -> None:
        try:
            while not self._left_alone and self._courier.carry_next(self._channel, self._begin):
                pass
        except Exception:
            log.exception("channel %r could not be served; it is tried again", self._channel)

    def _begin(self) -> None:
        self._since = time.monotonic()


def due_channels(store: Store, now: datetime, besides: Iterable[str] = ()) -> list[str]:
    """The channels on which something is due."""
    query = (
        select(Notification.channel)
        .where(Notification.state == PENDING, Notification.next_try_at <= now)
        .where(Notification.channel.not_in(list(besides)))
        .distinct()
    )
    with store.reading() as session:
        return list(session.scalars(query))


def claim_due(store: Store, channel: str, now: datetime, lease: timedelta) -> Notification | None:
    """Take what has been due longest on a channel: nobody else is given it before the lease is over."""
    oldest = (
        select(Notification.id)
        .where(
            Notification.state == PENDING, Notification.next_try_at <= now, Notification.channel == channel
        )
        .order_by(Notification.next_try_at, Notification.id)
        .limit(1)
        .scalar_subquery()
    )
    with store.session() as session:
        claimed = session.scalars(
            update(Notification)
            .where(Notification.id == oldest, Notification.state == PENDING, Notification.next_try_at <= now)
            .values(tries=Notification.tries + 1, next_try_at=now + lease)
            .returning(Notification)
            .execution_options(synchronize_session=False)
        ).one_or_none()
        if claimed is not None and claimed.tries > MAX_TRIES:  # it ended every worker that held it
            _give_up(session, claimed, "It could not be delivered: each try ended without an answer.")
            return None
        return claimed


def record_sent(store: Store, claimed: Notification) -> None:
    """It got through; also when somebody has claimed it again meanwhile, as that cannot be undone."""
    with store.session() as session:
        _write(session, claimed, state=SENT, sent_at=_now(), next_try_at=None, problem=None)


def record_failure(store: Store, claimed: Notification, problem: str) -> None:
    """It did not get through: try again later, or give up; nothing, when somebody else holds it now."""
    with store.session() as session:
        if claimed.tries >= MAX_TRIES:
            _give_up(session, claimed, problem)
        else:
            _write(
                session,
                claimed,
                Notification.tries == claimed.tries,
                problem=problem,
                next_try_at=_now() + retry_delay(claimed.tries),
            )


def forget_old(store: Store, now: datetime) -> None:
    """Delete what was told a month ago."""
    with store.session() as session:
        session.execute(
            delete(Notification).where(Notification.created_at < now - KEEP, Notification.state != PENDING)
        )


def _give_up(session: Session, claimed: Notification, problem: str) -> None:
    if not _write(session, claimed, state=GIVEN_UP, problem=problem, next_try_at=None):
        return
    run = session.get(Run, claimed.run_id) if claimed.run_id else None
    if run is not None:
        title = f"Channel {claimed.channel!r} could not be reached"
        body = f"{problem}\nIt was to say: {claimed.title}\n\n{claimed.body}"
        note(session, run, f"{claimed.id}:undelivered", JUPYTERLAB, Message("undelivered", title, body))


def _write(session: Session, claimed: Notification, *conditions: Any, **columns: Any) -> bool:
    """Write to a notification that is still pending; says whether it was."""
    held = session.scalar(
        update(Notification)
        .where(Notification.id == claimed.id, Notification.state == PENDING, *conditions)
        .values(**columns)
        .returning(Notification.state)
    )
    if held is not None:
        changes.record(session, "notification", claimed.id, state=held, root=claimed.root)
    return held is not None


def _now() -> datetime:
    return datetime.now(timezone.utc)
