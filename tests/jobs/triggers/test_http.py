"""A call from outside: only with the token or a fresh signature, and each call once."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from trigger_bench import TriggerBench

from jupyter_mlops.errors import BadInputError, ConflictError
from jupyter_mlops.jobs.triggers.http import Call, CallRefusedError, TooManyCallsError, sign
from jupyter_mlops.jobs.triggers.request import TriggerRequest
from jupyter_mlops.jobs.triggers.service import NewTrigger

BODY = json.dumps({"parameters": {"C": 2.5}}).encode()


def made(bench: TriggerBench, **given: object) -> NewTrigger:
    new = bench.triggers.add(bench.job().id, TriggerRequest.parse({"kind": "http", **given}))
    assert new.token is not None
    return new


def bearer(token: str | None, body: bytes = BODY, key: str | None = None) -> Call:
    return Call(f"Bearer {token}", None, key, body)


def signed(bench: TriggerBench, token: str | None, body: bytes = BODY, **off: float) -> Call:
    return Call(None, sign(str(token), body, bench.now + timedelta(**off)), None, body)


def test_the_token_makes_a_run_with_the_parameters_of_the_body(bench: TriggerBench) -> None:
    new = made(bench)
    run = bench.triggers.call(new.trigger.id, bearer(new.token))
    assert (run.state, run.parameters) == ("queued", {"C": 2.5})
    assert run.cause == {"kind": "http", "trigger": new.trigger.id}


def test_the_store_holds_the_tokens_hash_alone_and_shows_not_even_that(bench: TriggerBench) -> None:
    from jupyter_mlops.jobs.triggers.views import trigger_as_dict

    new = made(bench)
    (trigger,) = bench.all_triggers()
    assert str(new.token) not in json.dumps(trigger.spec)
    assert "sha256" not in json.dumps(trigger_as_dict(trigger))


def test_a_signature_makes_a_run_once(bench: TriggerBench) -> None:
    new = made(bench, signed=True)
    call = signed(bench, new.token)
    bench.triggers.call(new.trigger.id, call)
    bench.now += timedelta(seconds=10)
    with pytest.raises(ConflictError) as refused:
        bench.triggers.call(new.trigger.id, call)
    assert refused.value.reason_code == "replayed"
    assert len(bench.runs()) == 1
    bench.triggers.call(new.trigger.id, signed(bench, new.token))
    assert len(bench.runs()) == 2


def test_the_same_signed_call_at_several_servers_at_once_makes_one_run(bench: TriggerBench) -> None:
    new = made(bench)
    call, barrier = signed(bench, new.token), threading.Barrier(5)

    def send(_: int) -> str:
        barrier.wait()
        try:
            return bench.triggers.call(new.trigger.id, call).state
        except ConflictError as refused:
            return refused.reason_code

    with ThreadPoolExecutor(5) as servers:
        assert sorted(servers.map(send, range(5))) == ["queued", *["replayed"] * 4]
    assert len(bench.runs()) == 1


def test_a_call_without_a_valid_proof_is_refused_alike(bench: TriggerBench) -> None:
    new, other = (
        made(bench),
        bench.triggers.add(bench.job("other").id, TriggerRequest.parse({"kind": "http"})),
    )
    good = signed(bench, new.token)
    hash_of_store = bench.all_triggers()[0].spec["token_sha256"]
    calls = [
        (new.trigger.id, bearer(other.token)),
        (new.trigger.id, bearer("")),
        (new.trigger.id, bearer(hash_of_store)),
        (new.trigger.id, Call(f"Basic {new.token}", None, None, BODY)),
        (new.trigger.id, Call(None, None, None, BODY)),
        (new.trigger.id, Call(None, good.signature, None, BODY + b" ")),
        (new.trigger.id, signed(bench, other.token)),
        (new.trigger.id, signed(bench, new.token, minutes=-6)),
        (new.trigger.id, signed(bench, new.token, minutes=6)),
        (new.trigger.id, Call(f"Bearer {new.token}", "t=1,v1=" + "0" * 64, None, BODY)),
        ("nosuchid", bearer(new.token)),
        (bench.add(bench.job("timed"), "interval", seconds=60).id, bearer(new.token)),
    ]
    told = set()
    for trigger_id, call in calls:
        with pytest.raises(CallRefusedError) as refused:
            bench.triggers.call(trigger_id, call)
        told.add(json.dumps(refused.value.as_problem()))
    assert len(told) == 1, "whether there is such a trigger is not told"
    assert bench.runs() == []


def test_where_calls_must_be_signed_the_token_itself_is_not_taken(bench: TriggerBench) -> None:
    new = made(bench, signed=True)
    with pytest.raises(CallRefusedError):
        bench.triggers.call(new.trigger.id, bearer(new.token))


def test_the_same_idempotency_key_is_answered_with_the_first_run(bench: TriggerBench) -> None:
    new = made(bench)
    first = bench.triggers.call(new.trigger.id, bearer(new.token, key="build 7"))
    bench.now += timedelta(seconds=1)
    assert bench.triggers.call(new.trigger.id, bearer(new.token, key="build 7")).id == first.id
    assert bench.triggers.call(new.trigger.id, bearer(new.token, key="build 8")).id != first.id


def test_more_calls_in_a_minute_than_allowed_are_refused(bench: TriggerBench) -> None:
    new = made(bench, per_minute=3)
    for _ in range(3):
        bench.triggers.call(new.trigger.id, bearer(new.token))
    with pytest.raises(TooManyCallsError) as refused:
        bench.triggers.call(new.trigger.id, bearer(new.token))
    assert refused.value.status == 429
    bench.now += timedelta(minutes=1, seconds=1)
    bench.triggers.call(new.trigger.id, bearer(new.token))


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b"{", "body"),
        (b"[]", "body"),
        (b"\xff", "body"),
        (b"[" * 100_000, "body"),
        (b'{"parameters": 1}', "body"),
        (b'{"kernel": "bash"}', "kernel"),
        (b'{"parameters": {"tag": "x"}}', "parameters.tag"),
        (b'{"parameters": {"C": "high"}}', "parameters.C"),
    ],
)
def test_a_body_that_does_not_fit_is_refused_with_its_field_and_nothing_runs(
    bench: TriggerBench, body: bytes, field: str
) -> None:
    new = made(bench, parameters=["C", "day"])
    with pytest.raises(BadInputError) as refused:
        bench.triggers.call(new.trigger.id, bearer(new.token, body))
    assert refused.value.field == field
    assert bench.runs() == []


def test_a_paused_or_ended_trigger_takes_no_call(bench: TriggerBench) -> None:
    new = made(bench, ends_at="2026-11-21T13:00:00Z")
    bench.triggers.change(new.trigger.id, {"active": False})
    with pytest.raises(ConflictError, match="paused"):
        bench.triggers.call(new.trigger.id, bearer(new.token))
    bench.triggers.change(new.trigger.id, {"active": True})
    bench.now += timedelta(hours=2)
    with pytest.raises(ConflictError, match="ended"):
        bench.triggers.call(new.trigger.id, bearer(new.token))


def test_a_new_token_takes_the_place_of_the_old_one_and_a_change_keeps_it(bench: TriggerBench) -> None:
    new = made(bench)
    bench.triggers.change(new.trigger.id, {"spec": {"per_minute": 5}})
    bench.triggers.call(new.trigger.id, bearer(new.token))
    renewed = bench.triggers.change(new.trigger.id, {"token": True})
    with pytest.raises(CallRefusedError):
        bench.triggers.call(new.trigger.id, bearer(new.token))
    bench.triggers.call(new.trigger.id, bearer(renewed.token))


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"parameters": ["unknown"]}, "parameters.unknown"),
        ({"parameters": "C"}, "parameters"),
        ({"per_minute": 0}, "per_minute"),
        ({"signed": 1}, "signed"),
        ({"token_sha256": "0" * 64}, "token_sha256"),
    ],
)
def test_what_cannot_be_used_is_refused_with_its_field(
    bench: TriggerBench, given: dict[str, object], field: str
) -> None:
    with pytest.raises(BadInputError) as refused:
        made(bench, **given)
    assert refused.value.field == field
