"""The scribe: what runs in a thread. It makes executions of what was heard, and writes them down."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone

from sqlalchemy import select
from sqlalchemy.orm import Session

from jupyter_mlops.capture.batch import Place
from jupyter_mlops.capture.listener import recordings
from jupyter_mlops.capture.listener.cell_run import CellRun
from jupyter_mlops.capture.listener.hearing import Event, Message, Sign, now
from jupyter_mlops.capture.listener.kernel_life import KINDS, KernelLife
from jupyter_mlops.capture.listener.messages import Moment, Reply, Request, read_iopub
from jupyter_mlops.capture.listener.privacy import Privacy
from jupyter_mlops.capture.listener.rows import (
    HeardKernel,
    end_session,
    is_ours,
    move_session,
    write_runs,
)
from jupyter_mlops.ids import new_sortable_id
from jupyter_mlops.store import Store
from jupyter_mlops.store.tables import KernelSession

MAX_PENDING = 5000
"""Executions kept while the store cannot be written; beyond them the oldest are lost, and counted."""
WAIT_S = 10.0
"""How long the recorder's word is waited for."""
REWRITE_S = 2.0
"""How often an execution under way that prints on and on is written again."""


@dataclass
class _Life:
    kernel: HeardKernel
    cells: KernelLife = field(default_factory=KernelLife)
    ended: Moment | None = None


@dataclass
class _Pending:
    life: _Life
    run: CellRun
    since: float
    is_new: bool = True
    not_before: float = 0.0


@dataclass(frozen=True)
class Known:
    """Which kernels are worth listening to.

    Attributes:
        on: notebooks whose recording is on, each with since when.
        recorders: kernels that record themselves.
        busy: kernels that execute something of which the begin was written.
    """

    on: Mapping[str, datetime] = field(default_factory=dict)
    recorders: frozenset[str] = frozenset()
    busy: frozenset[str] = frozenset()


class Scribe:
    """Writes what was heard; threads take turns.

    Args:
        store: opens the store; its first use may take a while.
        root: the server's.
        ingest: takes up what recorders wrote.
        count_error: told of what failed here without harm to the rest.
        privacy: what is left out.
        clock: tells this moment.

    Attributes:
        lost: executions that could not be written and are given up.
    """

    def __init__(
        self,
        store: Callable[[], Store],
        root: str,
        ingest: Callable[[], object],
        count_error: Callable[[BaseException], None],
        privacy: Privacy,
        clock: Callable[[], Moment] = now,
    ) -> None:
        self._store = store
        self._root = root
        self._ingest = ingest
        self._count_error = count_error
        self._privacy = privacy
        self._clock = clock
        self._switched: dict[str, tuple[datetime | None, float]] = {}
        self._lives: dict[str, _Life] = {}
        self._ending: list[_Life] = []
        self._moves: list[tuple[_Life, Place]] = []
        self._pending: dict[tuple[str, str], _Pending] = {}
        self._turn = threading.Lock()
        self.lost = 0

    @property
    def has_work(self) -> bool:
        """Whether something waits to be written."""
        return bool(self._ending or self._moves or any(item.is_new for item in self._pending.values()))

    def update(self, events: Iterable[Event], kernels: Mapping[str, HeardKernel]) -> Known:
        """Take in what was heard, and write what there is to write.

        Args:
            events: in the order in which they were heard.
            kernels: those that run now; their session ids are not used.

        Raises:
            SQLAlchemyError: the store refuses. Nothing is lost; the next call tries again.
        """
        with self._turn:
            return self._update(events, kernels)

    def _update(self, events: Iterable[Event], kernels: Mapping[str, HeardKernel]) -> Known:
        self._meet(kernels)
        for event in events:
            try:
                self._take_in(event)
            except Exception as error:  # noqa: BLE001 - one odd message must not cost the others
                self._count_error(error)
        self._collect()
        if self.has_work:
            if self._ending:
                self._ingest()
            with self._store().session() as session:
                written = self._write(session)
            self._settle(written)
        with self._store().reading() as session:
            return self._look(session)

    def _meet(self, kernels: Mapping[str, HeardKernel]) -> None:
        for kernel_id, kernel in kernels.items():
            life = self._lives.get(kernel_id)
            if life is None:
                self._lives[kernel_id] = _Life(replace(kernel, session_id=new_sortable_id()))
                continue
            known = life.kernel
            if known.place != kernel.place and known.place[1] is not None:
                self._moves.append((life, known.place))
            started_at = known.started_at if known.pid == kernel.pid else kernel.started_at
            life.kernel = replace(kernel, session_id=known.session_id, started_at=started_at)
        used = {item.life.kernel.kernel_id for item in self._pending.values()}
        for kernel_id in set(self._lives) - set(kernels) - used:
            del self._lives[kernel_id]

    def _take_in(self, event: Event) -> None:
        life = self._lives.get(event.kernel_id)
        if life is None:
            life = self._lives[event.kernel_id] = _Life(_unplaced(event.kernel_id, self._root))
        cells, what = life.cells, event.what
        if isinstance(what, Message):
            if what.is_genuine(what.frames):
                heard = read_iopub(what.frames[1:], KINDS)
                if heard is not None:
                    cells.hear(self._privacy.clean_heard(heard), event.at)
        elif isinstance(what, Request):
            cells.ask(self._privacy.clean_request(what), event.at)
        elif isinstance(what, Reply):
            cells.hear_reply(what, event.at)
        elif what is Sign.INTERRUPTED:
            cells.interrupt(event.at)
        else:
            self._end(life, event)

    def _end(self, life: _Life, event: Event) -> None:
        life.cells.end(event.at)
        life.ended = event.at
        self._note_changed(life)
        self._ending.append(life)
        successor = replace(life.kernel, session_id=new_sortable_id(), started_at=event.at.wall, pid=None)
        self._lives[event.kernel_id] = _Life(successor)

    def _collect(self) -> None:
        for life in self._lives.values():
            self._note_changed(life)
        for key in list(self._pending)[: max(0, len(self._pending) - MAX_PENDING)]:
            del self._pending[key]
            self.lost += 1

    def _note_changed(self, life: _Life) -> None:
        for run in filter(self._privacy.wants, life.cells.take_changed()):
            key = (life.kernel.session_id, run.msg_id)
            item = self._pending.setdefault(key, _Pending(life, run, 0.0))
            item.since, item.is_new = time.monotonic(), True

    def _write(self, session: Session) -> list[tuple[_Pending, bool]]:
        """Write all that is due; answers with each of them and whether it waits for its recorder's word."""
        on = recordings.notebooks_on(session, self._root)
        for life, (root, old) in self._moves:
            move_session(session, life.kernel.session_id, life.kernel.place)
            if root is not None and old is not None and life.kernel.place[1] is not None:
                recordings.move(session, root, old, life.kernel.place[1])
        groups: dict[str, list[_Pending]] = defaultdict(list)
        for item in self._pending.values():
            if item.is_new and (item.run.has_ended or time.monotonic() >= item.not_before):
                groups[item.life.kernel.session_id].append(item)
        written = []
        for group in groups.values():
            kernel = group[0].life.kernel
            since = self._on_since(kernel.place[1], on)
            runs = [item.run for item in group]
            keeps_text = self._privacy.keeps_text
            waiting = {run.msg_id for run in write_runs(session, kernel, runs, since, keeps_text=keeps_text)}
            written += [(item, item.run.msg_id in waiting) for item in group]
        for life in self._ending:
            if life.ended is not None:
                end_session(session, life.kernel.session_id, life.ended.wall)
        return written

    def _on_since(self, notebook: str | None, on: Mapping[str, datetime]) -> float | None:
        """Since when a notebook is to be recorded, by the monotonic clock: worked out when first seen."""
        if notebook is None or notebook not in on:
            return None
        switched_at, since = self._switched.get(notebook, (None, 0.0))
        if switched_at != on[notebook]:
            now = self._clock()
            since = now.monotonic - max(0.0, (now.wall - on[notebook]).total_seconds())
            self._switched[notebook] = (on[notebook], since)
        return since

    def _settle(self, written: list[tuple[_Pending, bool]]) -> None:
        """It is in the store: forget it, unless it goes on or waits."""
        clock = time.monotonic()
        for item, waits in written:
            item.is_new = waits
            item.not_before = clock + REWRITE_S
            is_over = item.run.has_ended and not waits
            if is_over or (waits and clock - item.since > WAIT_S):
                del self._pending[item.life.kernel.session_id, item.run.msg_id]
        self._ending, self._moves = [], []

    def _look(self, session: Session) -> Known:
        rows = session.scalars(
            select(KernelSession).where(
                KernelSession.kernel_id.in_(list(self._lives)), KernelSession.ended_at.is_(None)
            )
        )
        recorders = frozenset(str(row.kernel_id) for row in rows if not is_ours(row))
        busy = frozenset(item.life.kernel.kernel_id for item in self._pending.values())
        on = recordings.notebooks_on(session, self._root)
        for notebook in on:
            self._on_since(notebook, on)
        return Known(on, recorders, busy)


def _unplaced(kernel_id: str, root: str) -> HeardKernel:
    """A kernel heard of before its notebook is known."""
    epoch = datetime.fromtimestamp(0, timezone.utc)
    return HeardKernel(kernel_id, new_sortable_id(), (root, None), epoch)
