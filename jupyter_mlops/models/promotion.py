"""Moving aliases: promote, roll back, move by hand; always in the model's turn, and written down first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from jupyter_mlops.config import Settings
from jupyter_mlops.errors import BadInputError, ConflictError, MlopsError, NotFoundError
from jupyter_mlops.models.gates.registry import check_alias
from jupyter_mlops.models.holder import new_holder
from jupyter_mlops.models.moves import ABANDONED, DONE, Action, AliasHistory, NewMove, holders_of
from jupyter_mlops.models.plan import CANDIDATE, CHAMPION, PREVIOUS
from jupyter_mlops.models.turns import WAIT_S, Turn, take_turn
from jupyter_mlops.store import Store
from jupyter_mlops.store.tables import AliasMove
from jupyter_mlops.tracking.client import Tracking
from jupyter_mlops.tracking.model_registry import ModelRegistry
from jupyter_mlops.tracking.probe import check_tracking
from jupyter_mlops.tracking.registry import check_model_name

PEOPLE_WAIT_S = 45.0


@dataclass(frozen=True)
class AliasTurn:
    """The aliases of one model, in the hands of who has its turn.

    Args:
        store: where the history is.
        registry: MLflow's.
        history: of the model.
        turn: checked before MLflow is told anything.
    """

    store: Store
    registry: ModelRegistry
    history: AliasHistory
    turn: Turn

    @property
    def model(self) -> str:
        """The registered model."""
        return self.history.model

    def recover(self) -> None:
        """Complete the moves that a killed process was about to make, and note those made elsewhere.

        A move that is still as it was found is made now: its gates had passed, or its person had decided. Of
        one whose alias has gone elsewhere meanwhile, nothing more is to be done.
        """
        with self.store.reading() as session:
            intended = self.history.intended(session)
        aliases = self.registry.aliases(self.model)
        for move in intended:
            there = aliases.get(move.alias)
            if there not in (move.from_version, move.to_version):
                self._end(move, ABANDONED)
                continue
            try:
                if there != move.to_version:
                    self._tell(move)
            except (NotFoundError, BadInputError):
                self._end(move, ABANDONED)
                continue
            self._end(move, DONE)
            aliases = self.registry.aliases(self.model)
        with self.store.session() as session:
            self.history.note_elsewhere(session, aliases)

    def aliases(self) -> dict[str, str]:
        """The version of each alias, as MLflow has it now."""
        return self.registry.aliases(self.model)

    def make(self, moves: Sequence[NewMove]) -> list[AliasMove]:
        """Store all of these moves as intended, then make one after the other."""
        moves = [move for move in moves if move.from_version != move.to_version]
        with self.store.session() as session:
            intended = [self.history.intend(session, move) for move in moves]
        done = []
        for row in intended:
            try:
                self._tell(row)
            except MlopsError as error:
                if error.status < 500 and not isinstance(error, ConflictError):
                    self._end(row, ABANDONED)  # MLflow will never take it
                raise
            done.append(self._end(row, DONE))
        return done

    def _tell(self, move: AliasMove) -> None:
        self.turn.check()
        self.registry.set_alias(self.model, move.alias, move.to_version)

    def _end(self, move: AliasMove, state: str) -> AliasMove:
        with self.store.session() as session:
            return self.history.end(session, move.id, state)


@contextmanager
def alias_turn(
    store: Store,
    registry: ModelRegistry,
    tracking_uri: str,
    model: str,
    holder: str | None = None,
    wait_s: float = WAIT_S,
) -> Iterator[AliasTurn]:
    """The turn at a model's aliases; what was left by others is completed first."""
    with take_turn(store, tracking_uri, model, holder or new_holder(), wait_s) as turn:
        aliases = AliasTurn(store, registry, AliasHistory(tracking_uri, model), turn)
        aliases.recover()
        yield aliases


class Promotions:
    """What people do with aliases.

    Args:
        store: where the history is.
        settings: which tracking server.
    """

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store = store
        self._settings = settings

    def move(self, model: str, alias: str, version: str | None, reason: str, actor: str | None) -> AliasMove:
        """Move an alias by hand, or take it away (None).

        Raises:
            BadInputError: the alias cannot be one.
            NotFoundError: there is no such version, or no such alias to be taken away.
            ConflictError: it is there already.
        """
        name, alias = check_model_name(model), check_alias(alias)
        with self._turn(name) as turn:
            if version is not None and not turn.registry.has_version(name, version):
                raise NotFoundError(f"{name!r} has no version {version!r}.", field="version")
            there = turn.aliases().get(alias)
            if there is None and version is None:
                raise NotFoundError(f"{name!r} has no alias {alias!r}.", field="alias")
            if there == version:
                raise ConflictError(f"{alias!r} is version {version} of {name!r} already.", field="version")
            action: Action = "remove" if version is None else "by_hand"
            moves = [NewMove(alias, there, version, action, actor, reason)]
            if alias == CHAMPION and version is not None:
                moves += replaced(turn.aliases(), there, PREVIOUS, actor=actor)
                moves += taken_away(turn.aliases(), CANDIDATE, version, actor=actor)
            return turn.make(moves)[0]

    def roll_back(self, model: str, alias: str, reason: str, actor: str | None) -> AliasMove:
        """Give an alias back to the version that held it before; again: to the one before that.

        Raises:
            NotFoundError: there is no such alias.
            ConflictError: no version that is still there held it before.
        """
        name, alias = check_model_name(model), check_alias(alias)
        with self._turn(name) as turn:
            there = turn.aliases().get(alias)
            if there is None:
                raise NotFoundError(f"{name!r} has no alias {alias!r}.", field="alias")
            before = self._held_before(turn, alias)
            if not before:
                raise ConflictError(
                    f"No other version of {name!r} that is still there held {alias!r} before.",
                    field="alias",
                    hint="Move the alias by hand: `jupyter mlops models promote NAME VERSION`.",
                )
            moves = [NewMove(alias, there, before[-1], "rollback", actor, reason)]
            if (previous := turn.aliases().get(PREVIOUS)) is not None and alias == CHAMPION:
                further = before[-2] if len(before) > 1 else None
                moves.append(NewMove(PREVIOUS, previous, further, "rollback", actor, reason))
            return turn.make(moves)[0]

    def recover(self, model: str) -> None:
        """Complete what a killed process was about to do with a model's aliases."""
        with self._turn(model):
            return

    def _held_before(self, turn: AliasTurn, alias: str) -> list[str]:
        """The versions still there that held an alias before the one that does, the latest last."""
        with self._store.reading() as session:
            held = holders_of(turn.history.done(session, alias))
        before = [version for version in held[:-1] if turn.registry.has_version(turn.model, version)]
        known = turn.aliases().get(PREVIOUS)
        if not before and alias == CHAMPION and known not in (None, turn.aliases().get(alias)):
            return [str(known)]  # its history began before ours
        return before

    @contextmanager
    def _turn(self, model: str) -> Iterator[AliasTurn]:
        uri = self._settings.tracking_uri
        check_tracking(uri)
        registry = ModelRegistry(Tracking(uri).client)
        with alias_turn(self._store, registry, uri, model, wait_s=PEOPLE_WAIT_S) as turn:
            yield turn


def replaced(
    aliases: dict[str, str], version: str | None, previous: str | None, **said: str | None
) -> list[NewMove]:
    """The move that keeps the version that was replaced at hand."""
    if previous is None or version is None:
        return []
    return [NewMove(previous, aliases.get(previous), version, "replace", **said)]


def taken_away(
    aliases: dict[str, str], candidate: str | None, version: str, **said: str | None
) -> list[NewMove]:
    """The move by which a version is a candidate no more."""
    if candidate is None or aliases.get(candidate) != version:
        return []
    return [NewMove(candidate, version, None, "remove", **said)]
