"""A trigger after another job's run: each run that ends so fires once, and hands on what it made."""

from __future__ import annotations

import itertools
from datetime import datetime, timedelta
from typing import Any

import pytest
from rows import queue_run
from sqlalchemy import event
from trigger_bench import TriggerBench

from jupyter_mlops.errors import ScheduleError
from jupyter_mlops.jobs.triggers.after import MOVES_ON_AFTER
from jupyter_mlops.store.tables import Run


@pytest.mark.parametrize(
    ("on", "states"),
    [
        ("success", ["succeeded"]),
        ("failure", ["failed", "timed_out", "lost"]),
        ("any", ["succeeded", "failed", "timed_out", "lost", "cancelled"]),
    ],
)
def test_which_ends_fire(bench: TriggerBench, on: str, states: list[str]) -> None:
    first = bench.job("first")
    trigger = bench.add(bench.job("then"), "after", job="first", on=on)
    fired = []
    for state in ("succeeded", "failed", "timed_out", "lost", "cancelled", "skipped", "running"):
        run = queue_run(bench.store, first)
        bench.now = bench.now.replace(second=bench.now.second + 1)
        bench.end(run, state)
        if bench.look(trigger):
            fired.append(state)
            assert bench.runs(trigger)[-1].cause["run"] == run.id
        for made in bench.runs(trigger):
            bench.end(made)
    assert fired == states
    assert bench.look(trigger, seconds=5) == 0, "each run fires once"


def test_a_run_that_ended_before_the_trigger_was_made_does_not_fire(bench: TriggerBench) -> None:
    first = bench.job("first")
    bench.end(queue_run(bench.store, first))
    trigger = bench.add(bench.job("then"), "after", job=first.id)
    assert bench.look(trigger, minutes=5) == 0


def test_runs_that_ended_while_no_worker_was_there_all_fire(bench: TriggerBench) -> None:
    first = bench.job("first")
    trigger = bench.add(bench.job("then"), "after", job="first")
    for _ in range(30):
        bench.now = bench.now.replace(microsecond=bench.now.microsecond + 1)
        bench.end(queue_run(bench.store, first))
    assert bench.look(trigger, hours=1) == 25
    assert bench.look(trigger) == 5
    assert len({run.cause["run"] for run in bench.runs(trigger)}) == 30


def test_outputs_are_handed_on_as_parameters(bench: TriggerBench) -> None:
    first = bench.job("first")
    passed = {"C": "metrics.accuracy", "day": "output_path", "tag": "model_version"}
    trigger = bench.add(bench.job("then", parameters={"C": 3}), "after", job="first", **{"pass": passed})
    run = queue_run(bench.store, first)
    bench.now = bench.now.replace(second=1)
    bench.end(run, metrics={"accuracy": 0.75}, output_path="/runs/out.ipynb", model_version="7")
    assert bench.look(trigger) == 1
    assert bench.runs(trigger)[0].parameters == {"C": 0.75, "day": "/runs/out.ipynb", "tag": "7"}


def test_an_output_that_is_missing_is_a_failed_run_that_says_so(bench: TriggerBench) -> None:
    first = bench.job("first")
    trigger = bench.add(bench.job("then"), "after", job="first", **{"pass": {"C": "metrics.accuracy"}})
    run = queue_run(bench.store, first)
    bench.now = bench.now.replace(second=1)
    bench.end(run)
    assert bench.look(trigger) == 1
    (made,) = bench.runs(trigger)
    assert (made.state, made.reason) == ("failed", "invalid_parameter")
    assert bench.again(trigger).active


def test_the_search_for_ended_runs_reads_a_range_of_an_index(bench: TriggerBench) -> None:
    if bench.store.engine.dialect.name != "sqlite":
        pytest.skip("PostgreSQL plans by the size of a table, and this one is empty")
    bench.job("first")
    trigger = bench.add(bench.job("then"), "after", job="first")
    asked: list[tuple[str, Any]] = []

    def note(_connection, _cursor, statement, parameters, _context, _many):  # type: ignore[no-untyped-def]
        asked.append((statement, parameters))

    event.listen(bench.store.engine, "before_cursor_execute", note)
    bench.look(trigger, seconds=1)
    event.remove(bench.store.engine, "before_cursor_execute", note)
    ((statement, parameters),) = [one for one in asked if "fire_key" in one[0]]
    with bench.store.engine.connect() as connection:
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()
    assert "ix_runs_job_ended (job_id=? AND ended_at>?)" in plan[0][-1]


def test_a_search_that_finds_nothing_does_not_grow_with_the_runs_that_end_otherwise(
    bench: TriggerBench,
) -> None:
    first = bench.job("first")
    trigger = bench.add(bench.job("then"), "after", job="first", on="failure")
    for _ in range(10):
        bench.look(trigger, hours=1)
        bench.end(queue_run(bench.store, first))
    until = datetime.fromisoformat(bench.again(trigger).seen["until"])
    assert bench.now - until <= MOVES_ON_AFTER + timedelta(hours=1)
    late = queue_run(bench.store, first)
    bench.end(late, "failed")
    with bench.store.session() as session:  # its end was written down long after it was
        session.get_one(Run, late.id).ended_at = bench.now - timedelta(hours=1)
    assert bench.look(trigger, minutes=1) == 1
    assert bench.look(trigger, hours=9) == 0


@pytest.mark.parametrize("length", [1, 2, 4])
def test_jobs_that_would_run_after_each_other_for_ever_are_refused(bench: TriggerBench, length: int) -> None:
    jobs = [bench.job(f"job {number}") for number in range(length)]
    for before, then in itertools.pairwise(jobs):
        bench.add(then, "after", job=before.id)
    with pytest.raises(ScheduleError, match="for ever") as refused:
        bench.add(jobs[0], "after", job=jobs[-1].id)
    assert refused.value.field == "job"


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"job": "nowhere"}, "job"),
        ({}, "job"),
        ({"job": "first", "on": "sometimes"}, "on"),
        ({"job": "first", "pass": {"C": "metric.accuracy"}}, "pass.C"),
        ({"job": "first", "pass": {"C": "metrics."}}, "pass.C"),
        ({"job": "first", "pass": {"unknown": "run_id"}}, "pass.unknown"),
        ({"job": "first", "pass": ["C"]}, "pass"),
    ],
)
def test_what_cannot_be_used_is_refused_with_its_field(
    bench: TriggerBench, given: dict[str, object], field: str
) -> None:
    bench.job("first")
    with pytest.raises(ScheduleError) as refused:
        bench.add(bench.job("then"), "after", **given)
    assert refused.value.field == field


def test_a_job_of_another_root_is_not_to_be_had(bench: TriggerBench) -> None:
    other = bench.job("first")
    with bench.store.session() as session:
        session.merge(other).root = "/elsewhere"
    with pytest.raises(ScheduleError, match="no job"):
        bench.add(bench.job("then"), "after", job=other.id)
