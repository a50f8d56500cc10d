"""Aliases: moved with a reason, rolled back, and never half moved for long."""

from __future__ import annotations

import pytest
from model_bench import MODEL, ModelBench

from jupyter_mlops.errors import BadInputError, ConflictError, NotFoundError
from jupyter_mlops.models.moves import AliasHistory, NewMove, list_moves
from jupyter_mlops.models.promotion import Promotions
from jupyter_mlops.models.turns import TurnTakenError, take_turn
from jupyter_mlops.store.tables import AliasMove, RegistryTurn


@pytest.fixture
def promotions(model_bench: ModelBench) -> Promotions:
    """Of a model with three versions, none of which has an alias."""
    client = model_bench.tracking.client
    client.create_registered_model(MODEL)
    for _ in range(3):
        client.create_model_version(MODEL, "file:///nowhere")
    return Promotions(model_bench.store, model_bench.settings)


def history(bench: ModelBench) -> list[tuple[str, str | None, str | None, str, str]]:
    with bench.store.reading() as session:
        moves = list_moves(session, MODEL, bench.settings.tracking_uri)
    return [(m.alias, m.from_version, m.to_version, m.action, m.state) for m in reversed(moves)]


def intend(bench: ModelBench, alias: str, from_version: str | None, to_version: str | None) -> AliasMove:
    """What a process stores that is killed before it tells MLflow."""
    with bench.store.session() as session:
        move = NewMove(alias, from_version, to_version, "promote", "ada")
        return AliasHistory(bench.settings.tracking_uri, MODEL).intend(session, move)


def test_a_champion_is_replaced_and_rolled_back_step_by_step(
    model_bench: ModelBench, promotions: Promotions
) -> None:
    for version in ("1", "2", "3"):
        promotions.move(MODEL, "champion", version, "Better.", "ada")
    assert model_bench.aliases() == {"champion": "3", "previous": "2"}
    move = promotions.roll_back(MODEL, "champion", "It is slow.", "grace")
    assert (move.from_version, move.to_version, move.actor, move.reason) == ("3", "2", "grace", "It is slow.")
    assert model_bench.aliases() == {"champion": "2", "previous": "1"}
    promotions.roll_back(MODEL, "champion", "So is this.", "grace")
    assert model_bench.aliases() == {"champion": "1"}
    with pytest.raises(ConflictError, match="No other version"):
        promotions.roll_back(MODEL, "champion", "And this.", "grace")


def test_a_rollback_passes_over_versions_that_were_deleted(
    model_bench: ModelBench, promotions: Promotions
) -> None:
    for version in ("1", "2", "3"):
        promotions.move(MODEL, "champion", version, "Better.", None)
    model_bench.tracking.client.delete_model_version(MODEL, "2")
    assert promotions.roll_back(MODEL, "champion", "Worse.", None).to_version == "1"


def test_what_cannot_be_moved_is_refused_and_nothing_is_left_intended(
    model_bench: ModelBench, promotions: Promotions
) -> None:
    with pytest.raises(NotFoundError, match="'9'"):
        promotions.move(MODEL, "champion", "9", "?", None)
    with pytest.raises(BadInputError):
        promotions.move(MODEL, "v3", "1", "?", None)
    with pytest.raises(NotFoundError):
        promotions.move(MODEL, "champion", None, "?", None)
    promotions.move(MODEL, "champion", "1", "First.", None)
    with pytest.raises(ConflictError, match="already"):
        promotions.move(MODEL, "champion", "1", "Again.", None)
    with pytest.raises(NotFoundError):
        promotions.roll_back(MODEL, "shadow", "?", None)
    promotions.move(MODEL, "champion", None, "Withdrawn.", None)
    assert model_bench.aliases() == {}
    assert history(model_bench) == [
        ("champion", None, "1", "by_hand", "done"),
        ("champion", "1", None, "remove", "done"),
    ]


def test_a_move_that_a_kill_left_intended_is_completed_by_who_comes_next(
    model_bench: ModelBench, promotions: Promotions
) -> None:
    promotions.move(MODEL, "champion", "1", "First.", None)
    intend(model_bench, "champion", "1", "2")
    promotions.recover(MODEL)
    assert model_bench.aliases()["champion"] == "2"
    told = intend(model_bench, "shadow", None, "3")
    model_bench.tracking.client.set_registered_model_alias(
        MODEL, "shadow", "3"
    )  # killed after it told MLflow
    promotions.recover(MODEL)
    assert model_bench.aliases()["shadow"] == "3"
    assert history(model_bench)[-2:] == [
        ("champion", "1", "2", "promote", "done"),
        ("shadow", None, "3", "promote", "done"),
    ]
    with model_bench.store.reading() as session:
        assert session.get_one(AliasMove, told.id).done_at is not None


def test_an_intended_move_is_given_up_where_somebody_moved_the_alias_elsewhere(
    model_bench: ModelBench, promotions: Promotions
) -> None:
    promotions.move(MODEL, "champion", "1", "First.", None)
    intend(model_bench, "champion", "1", "2")
    model_bench.tracking.client.set_registered_model_alias(MODEL, "champion", "3")
    promotions.recover(MODEL)
    promotions.recover(MODEL)
    assert model_bench.aliases()["champion"] == "3"
    assert history(model_bench)[1:] == [
        ("champion", "1", "2", "promote", "abandoned"),
        ("champion", "1", "3", "elsewhere", "done"),
    ]
    assert promotions.roll_back(MODEL, "champion", "Who was that?", "ada").to_version == "1"


def test_a_turn_is_one_process_s_until_it_is_let_go_or_its_holder_is_gone(model_bench: ModelBench) -> None:
    store, uri = model_bench.store, model_bench.settings.tracking_uri
    with (
        take_turn(store, uri, MODEL, "another-machine:1:a") as first,
        pytest.raises(TurnTakenError),
        take_turn(store, uri, MODEL, "another-machine:2:b", wait_s=0.2),
    ):
        raise AssertionError("two have the turn")
    with take_turn(store, uri, MODEL, "another-machine:2:b", wait_s=0.2) as second:
        with pytest.raises(TurnTakenError):
            first.check()
        second.check()
    with store.reading() as session:
        assert session.query(RegistryTurn).count() == 0
