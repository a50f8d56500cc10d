"""The history of aliases: each move a row, stored as `intended` before MLflow is told, and `done` after."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any, Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from jupyter_mlops.config import hide_password
from jupyter_mlops.ids import new_id
from jupyter_mlops.store import changes
from jupyter_mlops.store.tables import AliasMove

Action = Literal["candidate", "promote", "replace", "rollback", "by_hand", "remove", "elsewhere"]
INTENDED, DONE, ABANDONED = "intended", "done", "abandoned"


@dataclass(frozen=True)
class NewMove:
    """A move to be made.

    Args:
        alias: which alias.
        from_version: where it is; None: nowhere.
        to_version: where it goes; None: it is taken away.
        action: why, in a word.
        actor: who wants it.
        reason: why, in theirs.
        registration_id: the registration that it is a part of.
    """

    alias: str
    from_version: str | None
    to_version: str | None
    action: Action
    actor: str | None = None
    reason: str | None = None
    registration_id: str | None = None


@dataclass(frozen=True)
class AliasHistory:
    """The moves of one model's aliases.

    Args:
        tracking_uri: of its registry; a password in it is not stored.
        model: the registered model.
    """

    tracking_uri: str
    model: str

    def intend(self, session: Session, move: NewMove, state: str = INTENDED) -> AliasMove:
        """Store a move that is about to be made, or one that was seen to be `done`."""
        now = datetime.now(timezone.utc)
        row = AliasMove(
            id=new_id(),
            tracking_uri=hide_password(self.tracking_uri),
            model=self.model,
            alias=move.alias,
            from_version=move.from_version,
            to_version=move.to_version,
            action=move.action,
            actor=move.actor,
            reason=move.reason,
            registration_id=move.registration_id,
            state=state,
            created_at=now,
            done_at=now if state == DONE else None,
        )
        session.add(row)
        session.flush()
        changes.record(session, "model", self.model)
        return row

    def intended(self, session: Session) -> list[AliasMove]:
        """The moves that somebody was about to make, in their order."""
        return self._rows(session, AliasMove.state == INTENDED)

    def done(self, session: Session, alias: str) -> list[AliasMove]:
        """The moves of one alias, the oldest first."""
        return self._rows(session, AliasMove.state == DONE, AliasMove.alias == alias)

    def last_known(self, session: Session) -> dict[str, str | None]:
        """Where each alias was when it was last seen or moved."""
        return {row.alias: row.to_version for row in self._rows(session, AliasMove.state == DONE)}

    def end(self, session: Session, move_id: str, state: str) -> AliasMove:
        """Say what became of an intended move; what was said first holds."""
        row = session.get_one(AliasMove, move_id, with_for_update=True)
        if row.state == INTENDED:
            row.state, row.done_at = state, datetime.now(timezone.utc)
            changes.record(session, "model", self.model)
        return row

    def note_elsewhere(self, session: Session, aliases: Mapping[str, str]) -> list[AliasMove]:
        """Store what moved in MLflow without us: who, and why, is not known.

        Args:
            session: a transaction.
            aliases: where MLflow has them now.
        """
        known = self.last_known(session)
        return [
            self.intend(session, NewMove(alias, known.get(alias), aliases.get(alias), "elsewhere"), DONE)
            for alias in sorted({*known, *aliases})
            if known.get(alias) != aliases.get(alias)
        ]

    def _rows(self, session: Session, *conditions: Any) -> list[AliasMove]:
        query = select(AliasMove).where(
            AliasMove.tracking_uri == hide_password(self.tracking_uri),
            AliasMove.model == self.model,
            *conditions,
        )
        return list(session.scalars(query.order_by(AliasMove.created_at, AliasMove.done_at, AliasMove.id)))


def holders_of(moves: list[AliasMove]) -> list[str]:
    """The versions that hold, or held, an alias, those that were rolled back left out; the last holds it now.

    Args:
        moves: of one alias, all done, the oldest first.
    """
    held: list[str] = []
    for move in moves:
        if move.action == "rollback" and move.to_version in held:
            while held[-1] != move.to_version:
                held.pop()
        elif move.to_version is not None and held[-1:] != [move.to_version]:
            held.append(move.to_version)
    return held


def list_moves(session: Session, model: str, tracking_uri: str, limit: int = 200) -> list[AliasMove]:
    """The newest moves of a model's aliases, newest first."""
    query = select(AliasMove).where(
        AliasMove.model == model, AliasMove.tracking_uri == hide_password(tracking_uri)
    )
    newest = query.order_by(AliasMove.created_at.desc(), AliasMove.id.desc()).limit(limit)
    return list(session.scalars(newest))


def models_with_intended_moves(session: Session, before: datetime) -> list[tuple[str, str]]:
    """Tracking URI and name of each model with moves that were intended before a moment, and not done."""
    query = (
        select(AliasMove.tracking_uri, AliasMove.model)
        .where(AliasMove.state == INTENDED, AliasMove.created_at < before)
        .distinct()
    )
    return [(uri, model) for uri, model in session.execute(query)]


def move_as_dict(row: AliasMove) -> dict[str, Any]:
    """A move as `AliasMove` in the OpenAPI file."""
    plain = "id model alias from_version to_version action actor reason registration_id state"
    return {
        **{name: getattr(row, name) for name in plain.split()},
        "created_at": row.created_at.isoformat(),
        "done_at": row.done_at.isoformat() if row.done_at else None,
    }
