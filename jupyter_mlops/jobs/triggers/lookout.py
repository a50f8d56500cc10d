"""Looking at what triggers watch, beside the worker's loop: a slow folder or server holds up nothing else."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as LateError
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from jupyter_mlops.config import Settings
from jupyter_mlops.errors import StoreError
from jupyter_mlops.jobs.triggers.firing import Due, make_runs
from jupyter_mlops.jobs.triggers.kind import Sight, Watch, WatchingKind
from jupyter_mlops.jobs.triggers.kinds import kind_named, watching_kinds
from jupyter_mlops.jobs.triggers.life import pause_broken, watched_since
from jupyter_mlops.store import Store
from jupyter_mlops.store.tables import Job, Trigger
from jupyter_mlops.tracking.gateway import Answer, TrackingGateway

log = logging.getLogger(__name__)
THREADS = 4
LIST_EVERY_S = 1.0
ANSWER_WITHIN_S = 60.0
Ask = Callable[..., Answer]


def look_at(store: Store, settings: Settings, trigger_id: str, now: datetime, ask: Ask) -> int:
    """Look once at what a trigger watches, and make the runs of what has happened; answers with how many.

    A look that fails for want of a disk or a server leaves the trigger active, with its problem; any other
    failure pauses it.
    """
    with store.reading() as session:
        trigger = session.get(Trigger, trigger_id)
    if trigger is None or not trigger.active or trigger.job.deleted_at is not None:
        return 0
    try:
        return _look(store, settings, trigger, now, ask)
    except (OSError, SQLAlchemyError, StoreError) as error:
        log.warning("trigger %s of job %s cannot look: %s", trigger.id, trigger.job.name, error)
        return _note(
            store, settings, trigger, Sight(trigger.seen, problem=f"It could not look: {error}"), now
        )
    except Exception as error:
        log.exception("trigger %s of job %s cannot look", trigger.id, trigger.job.name)
        pause_broken(store, trigger, error)
        return 0


def _look(store: Store, settings: Settings, trigger: Trigger, now: datetime, ask: Ask) -> int:
    kind = kind_named(trigger.kind)
    assert isinstance(kind, WatchingKind)
    if trigger.ends_at is not None and trigger.ends_at < now:
        moved_on = {"active": False, "next_fire_at": None}
        return len(make_runs(store, settings, [Due(trigger, (), moved_on)], now))
    watch = Watch(
        spec=trigger.spec,
        seen={name: value for name, value in trigger.seen.items() if name not in ("since", "failing")},
        trigger_id=trigger.id,
        root=Path(trigger.job.root),
        now=now,
        since=watched_since(trigger),
        store=store,
        ask=ask,
    )
    return _note(store, settings, trigger, kind.look(watch), now)


def _note(store: Store, settings: Settings, trigger: Trigger, sight: Sight, now: datetime) -> int:
    """Make the runs, and keep how far was looked; nothing is written when nothing is new."""
    seen: dict[str, Any] = {**sight.seen, "since": watched_since(trigger).isoformat()}
    was_failing = trigger.seen.get("failing", False)
    if sight.problem is not None:
        seen = {**trigger.seen, "failing": True}
    if not sight.fires and seen == trigger.seen and sight.problem in (None, trigger.problem):
        return 0
    moved_on: dict[str, Any] = {"seen": seen, "next_fire_at": now}
    if not sight.fires and not was_failing:
        moved_on["problem"] = trigger.problem  # that of the last run that could not be made
    if sight.problem is not None:
        moved_on["problem"] = sight.problem
    return len(make_runs(store, settings, [Due(trigger, sight.fires, moved_on)], now))


@dataclass
class Lookout:
    """Begins each look when it is due, in a few threads; a trigger is never looked at twice at once.

    Args:
        store: the triggers and the queue.
        settings: which tracking server is asked.
    """

    store: Store
    settings: Settings
    _threads: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(THREADS, thread_name_prefix="lookout")
    )
    _watched: list[tuple[str, float]] = field(default_factory=list)
    _listed_at: float = -LIST_EVERY_S
    _due_at: dict[str, float] = field(default_factory=dict)
    _looking: set[str] = field(default_factory=set)
    _made: list[int] = field(default_factory=list)
    _asker: Asker | None = None

    def tick(self, now: datetime) -> int:
        """Begin the looks that are due; answers with how many runs were made since the last tick."""
        moment = time.monotonic()
        if moment - self._listed_at >= LIST_EVERY_S:
            self._watched, self._listed_at = self._list_watched(now), moment
            self._due_at = {id_: self._due_at.get(id_, moment) for id_, _ in self._watched}
        for trigger_id, every_s in self._watched:
            if trigger_id not in self._looking and self._due_at[trigger_id] <= moment:
                self._due_at[trigger_id] = moment + every_s
                self._looking.add(trigger_id)
                self._threads.submit(self._look, trigger_id, now)
        made, self._made = self._made, []
        return sum(made)

    def close(self) -> None:
        """Begin no look any more, and end the tracking process."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        if self._asker is not None:
            self._asker.close()

    def _look(self, trigger_id: str, now: datetime) -> None:
        try:
            self._made.append(look_at(self.store, self.settings, trigger_id, now, self._ask_of(trigger_id)))
        except Exception:
            log.exception("the look of trigger %s failed; it is tried again", trigger_id)
        finally:
            self._looking.discard(trigger_id)

    def _ask_of(self, trigger_id: str) -> Ask:
        def ask(question: str, **arguments: str) -> Answer:
            with self.store.reading() as session:
                uri = session.scalar(select(Job.tracking_uri).join(Trigger).where(Trigger.id == trigger_id))
            self._asker = self._asker or Asker(self.settings)
            return self._asker.ask(uri, question, **arguments)

        return ask

    def _list_watched(self, now: datetime) -> list[tuple[str, float]]:
        query = (
            select(Trigger.id, Trigger.kind, Trigger.spec)
            .join(Job)
            .where(
                Trigger.active,
                Trigger.kind.in_(watching_kinds()),
                Job.deleted_at.is_(None),
                Trigger.starts_at.is_(None) | (Trigger.starts_at <= now),
            )
        )
        with self.store.reading() as session:
            return [(row.id, _every_s(row.kind, row.spec)) for row in session.execute(query)]


class Asker:
    """Asks tracking servers from threads: a loop of its own for their gateways."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._gateways: dict[str | None, TrackingGateway] = {}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="asker", daemon=True)
        self._thread.start()

    def ask(self, uri: str | None, question: str, **arguments: str) -> Answer:
        """What a tracking server says, or why it does not, within a minute."""
        said = asyncio.run_coroutine_threadsafe(self._ask(uri, question, arguments), self._loop)
        try:
            return said.result(ANSWER_WITHIN_S)
        except LateError:
            said.cancel()
            return Answer(None, None, f"it did not answer within {ANSWER_WITHIN_S:.0f} s.")

    def close(self) -> None:
        """End the tracking processes."""
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result(ANSWER_WITHIN_S)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _ask(self, uri: str | None, question: str, arguments: dict[str, str]) -> Answer:
        gateway = self._gateways.get(uri)
        if gateway is None:
            gateway = self._gateways[uri] = TrackingGateway(self._settings.tracking_at(uri))
        return await gateway.ask(question, **arguments)

    async def _stop(self) -> None:
        for gateway in self._gateways.values():
            await gateway.stop()


def _every_s(kind: str, spec: dict[str, Any]) -> float:
    """A row that cannot be read is looked at, and so paused."""
    watching = kind_named(kind)
    assert isinstance(watching, WatchingKind)
    try:
        return watching.every_s(spec)
    except (KeyError, TypeError, ValueError):
        return LIST_EVERY_S
