"""Turns: one process at a time makes versions of a model and moves its aliases.

MLflow cannot move an alias on the condition that it is where it was when the gates were judged; so those who
use this store take turns, and whoever has lost the turn tells MLflow nothing more.
"""

from __future__ import annotations

import hashlib
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from sqlalchemy import delete, update
from sqlalchemy.exc import IntegrityError

from jupyter_mlops.config import hide_password
from jupyter_mlops.errors import ConflictError
from jupyter_mlops.models.holder import is_gone
from jupyter_mlops.models.renewal import Renewal
from jupyter_mlops.store import Store
from jupyter_mlops.store.tables import RegistryTurn

TURN = timedelta(seconds=60)
RENEW_S = 10.0
FIRST_LOOK_S, LONGEST_LOOK_S = 0.05, 0.5
WAIT_S = 600.0


class TurnTakenError(ConflictError):
    """Another process has the turn, for too long or in our place."""

    code = "turn_taken"


@dataclass(frozen=True)
class Turn:
    """The turn of one process at one model."""

    store: Store
    key: str
    holder: str

    def renew(self) -> bool:
        """Hold on to it; False when another has it."""
        with self.store.session() as session:
            held = session.scalar(
                update(RegistryTurn)
                .where(RegistryTurn.key == self.key, RegistryTurn.holder == self.holder)
                .values(until=datetime.now(timezone.utc) + TURN)
                .returning(RegistryTurn.key)
            )
        return held is not None

    def check(self) -> None:
        """To be called right before MLflow is told something.

        Raises:
            TurnTakenError: this process slept for so long that another has the turn.
        """
        if not self.renew():
            raise TurnTakenError("Another process has moved on with this model meanwhile; try again.")


@contextmanager
def take_turn(
    store: Store, tracking_uri: str, model: str, holder: str, wait_s: float = WAIT_S
) -> Iterator[Turn]:
    """Wait for the turn at a model, and hold it for the block.

    Raises:
        TurnTakenError: others held it all the time.
    """
    key = hashlib.sha256(f"{hide_password(tracking_uri)}\n{model}".encode()).hexdigest()
    turn = Turn(store, key, holder)
    until, look_s = time.monotonic() + wait_s, FIRST_LOOK_S
    while not (_is_free(turn) and _taken(turn)):
        if time.monotonic() > until:
            raise TurnTakenError(
                f"Another process has been at work with the model {model!r} for {wait_s:.0f} s.",
                field="model",
                hint="`jupyter mlops doctor` says which registrations are under way.",
            )
        time.sleep(look_s * random.uniform(0.5, 1.0))  # noqa: S311 - so that they do not all look at once
        look_s = min(2 * look_s, LONGEST_LOOK_S)
    try:
        with Renewal(turn.renew, RENEW_S):
            yield turn
    finally:
        with store.session() as session:
            session.execute(
                delete(RegistryTurn).where(RegistryTurn.key == key, RegistryTurn.holder == holder)
            )


def _is_free(turn: Turn) -> bool:
    """A look that takes no write lock, as most looks of many who wait find it taken."""
    with turn.store.reading() as session:
        row = session.get(RegistryTurn, turn.key)
        return row is None or not _is_held(row, turn.holder, datetime.now(timezone.utc))


def _is_held(row: RegistryTurn, holder: str, now: datetime) -> bool:
    return row.until >= now and row.holder != holder and not is_gone(row.holder)


def _taken(turn: Turn) -> bool:
    now = datetime.now(timezone.utc)
    try:
        with turn.store.session() as session:
            row = session.get(RegistryTurn, turn.key, with_for_update=True)
            if row is None:
                session.add(RegistryTurn(key=turn.key, holder=turn.holder, until=now + TURN))
                session.flush()
                return True
            if _is_held(row, turn.holder, now):
                return False
            row.holder, row.until = turn.holder, now + TURN
            return True
    except IntegrityError:  # another process was first to begin with this model
        return False
