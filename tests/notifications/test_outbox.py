"""What is told of a run is written with what happened to it, once for each channel."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from rows import add_job, claim, queue_run
from sqlalchemy import select

from jupyter_mlops.capture.redaction import REDACTED
from jupyter_mlops.errors import BadInputError
from jupyter_mlops.notifications.outbox import note_run
from jupyter_mlops.notifications.rules import parse_rules, rules_of
from jupyter_mlops.runs import queue
from jupyter_mlops.runs.queue import Outcome
from jupyter_mlops.runs.states import Reason, RunState
from jupyter_mlops.store import Store
from jupyter_mlops.store.tables import Job, Notification, Run
from jupyter_mlops.store.watch import ChangeWatch

NOW = datetime(2026, 11, 21, 8, 0, tzinfo=timezone.utc)
SUCCESS = Outcome(RunState.SUCCEEDED)
FAILURE = Outcome(RunState.FAILED, Reason.ERROR, "Cell [3] raised ValueError: no.")


def end_run(store: Store, job: Job, outcome: Outcome, notify: Any = None, **policies: Any) -> Run:
    """A run of the job that was queued, claimed and ended so."""
    if notify is not None:
        policies["notify"] = parse_rules(notify)
    run = queue_run(store, job, policies=policies)
    attempt = claim(store, datetime.now(timezone.utc))
    assert attempt is not None and attempt.run_id == run.id
    with store.session() as session:
        assert queue.update_running(session, attempt.id, mlflow_run_id="begun")
        assert queue.finish_attempt(session, attempt.id, outcome, datetime.now(timezone.utc))
    return run


def told(store: Store, run: Run) -> set[tuple[str, str]]:
    with store.reading() as session:
        rows = session.scalars(select(Notification).where(Notification.run_id == run.id)).all()
    assert len(rows) == len({row.key for row in rows})
    return {(row.event, row.channel) for row in rows}


def test_a_failure_is_told_in_jupyterlab_though_nobody_asked_and_a_success_is_not(store: Store) -> None:
    job = add_job(store)
    assert told(store, end_run(store, job, SUCCESS)) == set()
    assert told(store, end_run(store, job, FAILURE)) == {("failed", "jupyterlab")}
    assert told(store, end_run(store, job, Outcome(RunState.TIMED_OUT, "timeout"))) == {
        ("failed", "jupyterlab")
    }
    assert told(store, end_run(store, job, Outcome(RunState.CANCELLED, "cancelled"))) == set()


def test_start_and_success_are_told_to_those_who_want_to_hear_them(store: Store) -> None:
    notify = {"started": ["pager"], "succeeded": ["mail", "pager"], "failed": []}
    run = end_run(store, add_job(store), SUCCESS, notify)
    assert told(store, run) == {("started", "pager"), ("succeeded", "mail"), ("succeeded", "pager")}


def test_a_run_that_may_yet_have_to_wait_or_be_refused_has_not_started(store: Store) -> None:
    policies = {"notify": parse_rules({"started": ["pager"]})}
    run = queue_run(store, add_job(store), policies=policies)
    attempt = claim(store, NOW)
    assert attempt is not None
    with store.session() as session:
        assert queue.update_running(session, attempt.id, cells_total=3)
    assert told(store, run) == set()
    for columns in ({"mlflow_run_id": "begun"}, {"cells_done": 1}):
        with store.session() as session:
            assert queue.update_running(session, attempt.id, **columns)
        assert told(store, run) == {("started", "pager")}


def test_a_success_after_a_failure_is_a_recovery_and_told_as_one_thing(store: Store) -> None:
    job = add_job(store)
    notify = {"recovered": ["mail"], "succeeded": ["mail", "log"]}
    assert told(store, end_run(store, job, SUCCESS, notify)) == {("succeeded", "mail"), ("succeeded", "log")}
    end_run(store, job, FAILURE)
    end_run(store, job, Outcome(RunState.CANCELLED, "cancelled"))
    assert told(store, end_run(store, job, SUCCESS, notify)) == {("recovered", "mail"), ("succeeded", "log")}
    assert told(store, end_run(store, job, SUCCESS, notify)) == {("succeeded", "mail"), ("succeeded", "log")}


def test_an_attempt_that_is_tried_again_is_no_failure_yet(store: Store) -> None:
    job = add_job(store)
    run = end_run(store, job, FAILURE, max_attempts=2, retry_delay_s=0.0)
    assert told(store, run) == set()
    attempt = claim(store, datetime.now(timezone.utc) + timedelta(seconds=1))
    assert attempt is not None
    with store.session() as session:
        queue.finish_attempt(session, attempt.id, FAILURE, NOW)
    assert told(store, run) == {("failed", "jupyterlab")}


def test_what_is_noted_twice_is_told_once(store: Store) -> None:
    run = end_run(store, add_job(store), FAILURE, {"failed": ["jupyterlab", "mail"]})
    before = told(store, run)
    for _ in range(2):
        with store.session() as session:
            note_run(session, session.get_one(Run, run.id))
    assert told(store, run) == before == {("failed", "jupyterlab"), ("failed", "mail")}


def test_nothing_is_told_of_an_end_that_was_rolled_back(store: Store) -> None:
    run = queue_run(store, add_job(store))
    attempt = claim(store, NOW)
    assert attempt is not None
    with pytest.raises(RuntimeError), store.session() as session:
        queue.finish_attempt(session, attempt.id, FAILURE, NOW)
        raise RuntimeError("the disk is full")
    assert told(store, run) == set()


def test_a_view_hears_of_it_and_of_its_state(store: Store) -> None:
    watch = ChangeWatch(store)
    end_run(store, add_job(store), FAILURE, {"failed": ["jupyterlab", "mail"]})
    heard = [(change.kind, change.state) for change in watch.poll() if change.kind == "notification"]
    assert sorted(heard) == [("notification", "pending"), ("notification", "unseen")]


def test_the_message_says_what_happened_where_and_no_secret(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DB_PASSWORD", "correct-horse-battery")
    job = add_job(store, name="nightly\ntrain")
    outcome = Outcome(RunState.FAILED, "error", "Cell [3] raised OperationalError: correct-horse-battery.")
    run = end_run(store, job, outcome)
    with store.reading() as session:
        (row,) = session.scalars(select(Notification))
    assert row.title == "nightly train failed"
    assert f"Cell [3] raised OperationalError: {REDACTED}." in row.body
    assert "correct-horse" not in row.body
    assert f"jupyter mlops show {run.id}" in row.body and "Notebook: train.ipynb" in row.body


@pytest.mark.parametrize("notify", [None, [], "x", {"failed": "mail"}, {"no such": ["a"]}, {"failed": [3]}])
def test_a_policy_that_cannot_be_read_never_keeps_a_run_from_ending(notify: Any, store: Store) -> None:
    run = queue_run(store, add_job(store), policies={"notify": notify})
    with store.session() as session:
        row = session.get_one(Run, run.id)
        row.state = RunState.FAILED.value
        note_run(session, row)
    assert told(store, run) == {("failed", "jupyterlab")}


def test_rules_are_refused_with_the_place_that_is_wrong() -> None:
    for given, field in (
        ({"faild": ["mail"]}, "policies.notify"),
        ({"failed": "mail"}, "policies.notify.failed"),
        ({"failed": ["Mail Box"]}, "policies.notify.failed"),
        ([], "policies.notify"),
    ):
        with pytest.raises(BadInputError) as refused:
            parse_rules(given)
        assert refused.value.field == field


def test_an_event_that_is_not_named_keeps_its_default_and_an_empty_list_silences_it() -> None:
    assert parse_rules({"succeeded": ["mail"]}) == {"failed": ["jupyterlab"], "succeeded": ["mail"]}
    assert parse_rules({"failed": []}) == {"failed": []}
    assert rules_of({"notify": {"failed": ["mail", "mail"]}}) == {"failed": ["mail"]}
