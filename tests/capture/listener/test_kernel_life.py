from __future__ import annotations

import pytest
from heard import at, begin, heard, request, state
from hypothesis import given
from hypothesis import strategies as st

from jupyter_mlops.capture.listener.cell_run import CellRun
from jupyter_mlops.capture.listener.kernel_life import MAX_REMEMBERED, KernelLife
from jupyter_mlops.capture.listener.messages import Reply


def one(life: KernelLife) -> CellRun:
    (run,) = life.take_changed()
    return run


def test_a_cell_goes_from_request_to_end() -> None:
    life = KernelLife()
    life.ask(request(tags=("slow",)), at(0))
    assert life.take_changed() == []
    life.hear(state("busy"), at(1))
    life.hear(begin(count=7), at(1.5))
    run = one(life)
    assert (run.status, run.seq, run.execution_count, run.cell_id, run.tags) == (
        "running",
        1,
        7,
        "c",
        ("slow",),
    )
    life.hear(heard("stream", name="stdout", text="ü\n"), at(2))
    life.hear(heard("stream", name="stderr", text="no"), at(2))
    life.hear(heard("execute_result", data={"text/plain": "1", "text/html": "<b>1</b>"}), at(2))
    life.hear(state("idle"), at(4))
    assert one(life) is run
    assert (run.status, run.duration_s, run.printed.stdout, run.printed.stderr) == ("ok", 3, 3, 2)
    assert run.outputs == [{"mime": "text/html", "bytes": 8}]


def test_a_cell_asked_for_elsewhere_is_known_by_its_source() -> None:
    life = KernelLife()
    life.hear(begin(), at(1))
    assert one(life).cell_key[0] == "source"


def test_an_error_is_kept_without_colours() -> None:
    life = KernelLife()
    life.hear(begin(), at(1))
    life.hear(heard("error", ename="E", evalue="\x1b[31mbad\x00", traceback=["\x1b[0ma", "b"]), at(2))
    life.hear(state("idle"), at(3))
    run = one(life)
    assert (run.status, run.error_name, run.error_message, run.traceback) == (
        "error",
        "E",
        "bad\ufffd",
        "a\nb",
    )


@pytest.mark.parametrize("is_reply_first", [True, False])
def test_an_aborted_request_never_ran_however_that_is_learnt(is_reply_first: bool) -> None:
    life = KernelLife()
    life.ask(request("m1"), at(0))
    life.ask(request("m2"), at(0))
    life.hear(begin("m1"), at(1))
    life.hear(heard("error", "m1", ename="E", evalue=""), at(1))
    life.hear(state("idle", "m1"), at(1))
    if is_reply_first:
        life.hear_reply(Reply("m2", "aborted"), at(2))
    life.hear(state("busy", "m2"), at(2))
    life.hear(state("idle", "m2"), at(2))
    _, run = life.take_changed()
    assert (run.status, run.seq, run.after, run.duration_s) == ("aborted", 0, "m1", None)


def test_the_reply_of_an_aborted_request_may_overtake_the_end_of_what_failed() -> None:
    life = KernelLife()
    for msg_id in ("m1", "m2"):
        life.ask(request(msg_id), at(0))
    life.hear(begin("m1"), at(1))
    life.take_changed()
    life.hear_reply(Reply("m2", "aborted"), at(2))
    aborted = one(life)
    assert (aborted.status, aborted.after) == ("aborted", "m1")


def test_a_request_that_a_later_one_overtakes_was_aborted() -> None:
    life = KernelLife()
    life.ask(request("m1"), at(0))
    life.ask(request("m2", in_main_shell=False), at(0))
    life.ask(request("m3", client="other tab"), at(0))
    life.ask(request("m4"), at(0))
    life.hear(begin("m4"), at(1))
    assert {run.msg_id: run.status for run in life.take_changed()} == {"m1": "aborted", "m4": "running"}


@pytest.mark.parametrize(
    ("reply", "interrupts", "status"),
    [("abort", False, "interrupted"), (None, True, "interrupted"), ("ok", True, "ok"), (None, False, "ok")],
)
@pytest.mark.parametrize("is_reply_first", [True, False])
def test_kernels_that_say_only_to_the_front_end_that_they_were_interrupted(
    reply: str | None, interrupts: bool, status: str, is_reply_first: bool
) -> None:
    life = KernelLife()
    life.hear(begin(), at(1))
    if interrupts:
        life.interrupt(at(2))
    steps = [lambda: life.hear(state("idle"), at(3))]
    if reply is not None:
        steps.insert(0 if is_reply_first else 1, lambda: life.hear_reply(Reply("m1", reply), at(3)))
    for step in steps:
        step()
    assert one(life).status == status


def test_an_interrupt_of_an_earlier_cell_is_none_of_the_next() -> None:
    life = KernelLife()
    life.interrupt(at(0))
    life.hear(begin(), at(1))
    life.hear(state("idle"), at(2))
    assert one(life).status == "ok"


def test_with_the_kernel_its_cell_dies_and_those_that_waited_never_run() -> None:
    life = KernelLife()
    for number in (1, 2):
        life.ask(request(f"m{number}"), at(0))
    life.hear(begin("m1"), at(1))
    life.end(at(5))
    died, waited = life.take_changed()
    assert (died.status, died.duration_s, died.closed_by) == ("kernel_died", 4, "listener")
    assert (waited.status, waited.after, waited.closed_by) == ("aborted", "m1", None)


def test_output_after_the_end_is_late() -> None:
    life = KernelLife()
    life.hear(begin(), at(1))
    life.hear(heard("stream", name="stdout", text="early"), at(1))
    life.hear(state("idle"), at(2))
    life.hear(heard("stream", name="stdout", text="late!"), at(9))
    life.hear(heard("error", ename="E", evalue=""), at(9))
    run = one(life)
    assert (run.printed.stdout, run.late.stdout, run.status, run.error_name) == (5, 5, "ok", None)


def test_one_that_was_joined_in_its_middle_is_not_called_aborted() -> None:
    life = KernelLife()
    life.ask(request(), at(0))
    life.hear(heard("stream", name="stdout", text="x"), at(1))
    life.hear(state("idle"), at(2))
    run = one(life)
    assert (run.status, run.seq) == ("ok", 1)


def test_blank_and_silent_ones_are_no_executions() -> None:
    life = KernelLife()
    life.ask(request("blank", code="  \n"), at(0))
    life.hear(begin("blank", code=" "), at(0))
    for name in ("busy", "idle"):
        life.hear(state(name, "blank"), at(1))
        life.hear(state(name, "silent"), at(1))
    assert life.take_changed() == []


def test_a_long_life_does_not_fill_the_memory() -> None:
    life = KernelLife()
    for number in range(2 * MAX_REMEMBERED):
        life.hear(begin(f"m{number}"), at(number))
        life.hear(state("idle", f"m{number}"), at(number))
    assert len(life.take_changed()) == 2 * MAX_REMEMBERED
    assert len(life._runs) <= MAX_REMEMBERED + 1


EVENTS = st.lists(
    st.tuples(
        st.sampled_from(["ask", "busy", "begin", "out", "error", "idle", "abort", "end"]), st.integers(0, 3)
    ),
    max_size=40,
)


def tell(life: KernelLife, what: str, msg_id: str, second: int) -> None:
    now = at(second)
    if what == "ask":
        life.ask(request(msg_id), now)
    elif what == "begin":
        life.hear(begin(msg_id), now)
    elif what == "out":
        life.hear(heard("stream", msg_id, name="stdout", text="x"), now)
    elif what == "error":
        life.hear(heard("error", msg_id, ename="E", evalue=""), now)
    elif what == "abort":
        life.hear_reply(Reply(msg_id, "aborted"), now)
    elif what == "end":
        life.end(now)
    else:
        life.hear(state(what, msg_id), now)


@given(EVENTS)
def test_whatever_is_heard_in_whatever_order_an_end_is_final(events: list[tuple[str, int]]) -> None:
    life = KernelLife()
    ended: dict[str, str] = {}
    for second, (what, number) in enumerate(events):
        tell(life, what, f"m{number}", second)
        for run in life.take_changed():
            assert run.status == ended.get(run.msg_id, run.status)
            if run.has_ended:
                assert run.ended is not None
                ended[run.msg_id] = run.status
