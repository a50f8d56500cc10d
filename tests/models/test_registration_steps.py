"""From a run's model to a version and its alias: what each step comes to."""

from __future__ import annotations

import pytest
from model_bench import MODEL, ModelBench
from sqlalchemy import select

from jupyter_mlops.errors import BadInputError, NotFoundError
from jupyter_mlops.models.carry_out import carry_out
from jupyter_mlops.models.decisions import decide
from jupyter_mlops.models.gates.registry import parse_plan
from jupyter_mlops.models.registration import (
    NewRegistration,
    create_registration,
    find_registration,
    list_registrations,
    parse_states,
)
from jupyter_mlops.models.states import RegistrationState
from jupyter_mlops.store.paging import PageRequest
from jupyter_mlops.store.tables import AliasMove, Change

GATED = {"alias": "champion", "gates": ["metric:accuracy>=0.9"]}
HELD_BACK = {
    "alias": "champion",
    "gates": [{"kind": "metric", "metric": "accuracy", "min": 0.9, "before": "promote"}],
}


def test_a_plain_name_makes_a_version_that_is_the_candidate(model_bench: ModelBench) -> None:
    row = model_bench.register(model_bench.log_model())
    assert (row.state, row.version, row.ended_at is not None) == ("registered", "1", True)
    assert model_bench.aliases() == {"candidate": "1"}
    tags = model_bench.tracking.client.get_model_version(MODEL, "1").tags
    assert tags["mlops.registration"] == row.id
    assert tags["mlops.serialization"]


def test_a_model_that_passes_becomes_champion_and_the_next_one_takes_its_place(
    model_bench: ModelBench,
) -> None:
    first = model_bench.register(model_bench.log_model(accuracy=0.95), GATED, requested_by="ada")
    assert (first.state, first.message) == ("promoted", f"Version 1 of {MODEL!r} became champion.")
    assert model_bench.aliases() == {"champion": "1"}
    second = model_bench.register(model_bench.log_model(accuracy=0.96), GATED)
    assert second.message == f"Version 2 of {MODEL!r} became champion, in place of version 1."
    assert model_bench.aliases() == {"champion": "2", "previous": "1"}
    with model_bench.store.reading() as session:
        moves = session.scalars(select(AliasMove).order_by(AliasMove.done_at)).all()
    assert {move.state for move in moves} == {"done"}
    told = [(m.alias, m.from_version, m.to_version, m.action) for m in moves if m.registration_id == first.id]
    assert told == [
        ("candidate", None, "1", "candidate"),
        ("champion", None, "1", "promote"),
        ("candidate", "1", None, "remove"),
    ]
    assert {move.actor for move in moves if move.registration_id == first.id} == {"ada"}


def test_a_model_that_is_refused_leaves_no_trace_in_the_registry(model_bench: ModelBench) -> None:
    row = model_bench.register(model_bench.log_model(accuracy=0.678), GATED)
    assert row.state == "refused" and row.version is None
    assert "0.678" in (row.message or "") and "0.9" in (row.message or "")
    assert [gate["verdict"] for gate in row.gates] == ["refused"]
    assert model_bench.tracking.client.search_registered_models() == []


def test_a_gate_before_promotion_leaves_the_alias_where_it_is(model_bench: ModelBench) -> None:
    model_bench.register(model_bench.log_model(accuracy=0.95), HELD_BACK)
    row = model_bench.register(model_bench.log_model(accuracy=0.5), HELD_BACK)
    assert (row.state, row.version) == ("kept", "2")
    assert "champion stays version 1" in (row.message or "")
    assert model_bench.aliases() == {"champion": "1", "candidate": "2"}


def test_all_gates_are_judged_and_all_results_are_kept(model_bench: ModelBench) -> None:
    gates = ["metric:accuracy>=0.9", "metric:auc>=0.9", "metric:f1>=0.9"]
    row = model_bench.register(
        model_bench.log_model(accuracy=0.678, auc=0.976), {"alias": "champion", "gates": gates}
    )
    assert [gate["verdict"] for gate in row.gates] == ["refused", "passed", "refused"]


def test_a_version_waits_for_approval_and_moves_once_it_is_given(model_bench: ModelBench) -> None:
    plan = {"alias": "champion", "gates": ["metric:accuracy>=0.9", "approval"]}
    row = model_bench.register(model_bench.log_model(accuracy=0.95), plan)
    assert row.state == "awaiting_approval" and row.ended_at is None
    assert model_bench.aliases() == {"candidate": "1"}
    with model_bench.store.session() as session:
        decide(session, row.id, approve=True, actor="grace", comment="Reads well.")
    done = carry_out(model_bench.store, model_bench.settings, row.id)
    assert (done.state, done.decided_by, done.comment) == ("promoted", "grace", "Reads well.")
    assert model_bench.aliases() == {"champion": "1"}
    approval = done.gates[-1]
    assert (approval["verdict"], approval["seen"]["decided_by"]) == ("passed", "grace")


def test_an_approval_does_not_help_against_a_champion_that_came_meanwhile(model_bench: ModelBench) -> None:
    """The gates are judged again before the alias moves: what was good then need not be now."""
    slow = {"alias": "champion", "gates": [*HELD_BACK["gates"], "approval"]}
    waiting = model_bench.register(model_bench.log_model(accuracy=0.95), slow)
    model_bench.register(model_bench.log_model(accuracy=0.99), HELD_BACK)
    assert model_bench.aliases()["champion"] == "2"
    with model_bench.store.session() as session:
        decide(session, waiting.id, approve=True, actor="grace", comment=None)
    run, model_id = str(waiting.mlflow_run_id), str(waiting.model_id)
    model_bench.tracking.client.log_metric(run, "accuracy", 0.1, model_id=model_id)
    done = carry_out(model_bench.store, model_bench.settings, waiting.id)
    assert done.state == "kept"
    assert model_bench.aliases()["champion"] == "2"


def test_a_rejected_version_is_no_candidate_any_more(model_bench: ModelBench) -> None:
    from jupyter_mlops.models.promotion import Promotions

    plan = {"alias": "champion", "gates": ["approval"]}
    row = model_bench.register(model_bench.log_model(), plan)
    with model_bench.store.session() as session:
        decided = decide(session, row.id, approve=False, actor="grace", comment="Unfair to women.")
    assert decided.state == "rejected" and "Unfair to women." in (decided.message or "")
    Promotions(model_bench.store, model_bench.settings).recover(MODEL)
    assert model_bench.aliases() == {}
    with model_bench.store.session() as session, pytest.raises(Exception, match="does not wait"):
        decide(session, row.id, approve=True, actor="ada", comment=None)


def test_a_run_without_a_model_fails_the_registration_with_what_to_do(model_bench: ModelBench) -> None:
    client = model_bench.tracking.client
    run = client.create_run(client.get_experiment_by_name("Default").experiment_id)  # type: ignore[union-attr]
    row = model_bench.register(run.info.run_id)
    assert row.state == "failed"
    assert "logged no model" in (row.message or "") and "log_model" in (row.message or "")
    named = model_bench.register(model_bench.log_model(), {"logged_model": "booster"})
    assert named.state == "failed" and "'model'" in (named.message or "")


def test_registrations_are_found_and_listed_by_page(model_bench: ModelBench) -> None:
    ids = []
    for number in range(5):
        with model_bench.store.session() as session:
            new = NewRegistration(f"model {number % 2}", parse_plan({}), mlflow_run_id="0" * 32)
            ids.append(create_registration(session, model_bench.settings, new).id)
    with model_bench.store.reading() as session:
        first = list_registrations(session, PageRequest(3))
        rest = list_registrations(session, PageRequest(3, first.next_cursor))
        assert [row.id for row in (*first.items, *rest.items)] == ids[::-1]
        assert len(list_registrations(session, PageRequest(), model="model 1").items) == 2
        none = list_registrations(session, PageRequest(), states=[RegistrationState.AWAITING_APPROVAL])
        assert none.items == []
        assert find_registration(session, ids[0]).id == ids[0]
        with pytest.raises(NotFoundError):
            find_registration(session, "nothing")
    assert parse_states("queued, kept") == [RegistrationState.QUEUED, RegistrationState.KEPT]
    with pytest.raises(BadInputError, match="awaiting"):
        parse_states("awaiting")


def test_the_views_are_told(model_bench: ModelBench) -> None:
    model_bench.register(model_bench.log_model(), GATED)
    with model_bench.store.reading() as session:
        kinds = session.scalars(select(Change.entity_id).where(Change.kind == "model")).all()
    assert set(kinds) == {MODEL}
