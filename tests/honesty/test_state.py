"""Scripted sessions: which are clean, which of their cells are stale, and why."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from notebook_session import Session

from jupyter_mlops.honesty import Execution, analyse_cell, judge_session

THREE = ("x = 1", "x = x + 1", "print(x)")


# the six scenarios


def test_cells_run_1_3_2_are_out_of_order_and_3_is_stale() -> None:
    session = Session(*THREE).run(1, 3, 2)
    assert session.reasons() == {"run_out_of_order"}
    assert session.stale() == {"3": {"upstream_rerun"}}
    assert session.out_of_order() == (3,)
    reason = session.judge().cells["3"].reasons[0]
    assert (reason.cell, reason.name) == ("2", "x")
    assert reason.sentence == "Cell 2 has since written `x` anew."


def test_a_cell_edited_after_it_ran_is_stale_and_so_is_what_used_it() -> None:
    session = Session("x = 1", "y = x", "print(y)", "z = 0").run_all().edit(1, "x = 2")
    assert session.reasons() == {"edited_after_run"}
    assert session.stale() == {"1": {"edited_after_run"}, "2": {"upstream_edited"}, "3": {"upstream_stale"}}


def test_a_cell_whose_upstream_ran_again_is_stale_until_it_runs_too() -> None:
    session = Session("x = f()", "y = x", "print(y)").run_all().run(1)
    assert session.stale() == {"2": {"upstream_rerun"}, "3": {"upstream_stale"}}
    assert session.reasons() == {"run_twice", "run_out_of_order"}
    assert session.run(2).stale() == {"3": {"upstream_rerun"}}
    assert session.run(3).stale() == {}


def test_a_cell_that_used_a_deleted_definition_is_stale() -> None:
    session = Session("x = 1", "print(x)").run_all().delete(1)
    assert session.stale() == {"2": {"definition_deleted"}}
    assert session.reasons() == {"cell_deleted"}
    assert list(session.judge().cells) == ["2"]


def test_after_a_restart_and_run_all_a_session_is_clean() -> None:
    state = Session(*THREE).run_all().judge()
    assert state.clean
    assert state.reasons == ()
    assert all(cell.reasons == () and not cell.stale for cell in state.cells.values())


def test_run_all_twice_is_not_clean_but_nothing_is_stale() -> None:
    session = Session("x = 1", "y = x + 1", "print(y)").run_all().run_all()
    assert session.reasons() == {"run_twice"}
    assert session.stale() == {}
    assert session.out_of_order() == ()


# what is stale, and what is not


def test_a_change_further_down_makes_nothing_above_it_stale() -> None:
    session = Session("df = load()", "df.head()", "df['a'] = 1", "df.tail()").run_all()
    assert session.judge().clean
    assert session.stale() == {}


def test_a_cell_run_on_its_own_result_is_stale() -> None:
    session = Session("x = 1", "x += 1").run(1, 2, 2)
    assert session.stale() == {"2": {"read_own_result", "run_twice"}}
    assert session.run(1, 2).stale() == {}


def test_a_loop_variable_that_a_cell_reads_after_its_loop_is_not_its_own_result() -> None:
    assert Session("for i in range(3):\n    y = i\nprint(y)").run(1, 1).stale() == {}


def test_a_cell_that_used_a_definition_below_it_is_stale() -> None:
    session = Session("print(x)", "x = 1").run(2, 1)
    assert session.stale() == {"1": {"read_out_of_order", "run_out_of_order"}}


def test_a_cell_that_missed_the_nearer_definition_is_stale() -> None:
    session = Session("x = 1", "x = 2", "print(x)").run(2, 1, 3)
    assert session.stale() == {"3": {"read_out_of_order"}}
    reasons = session.judge().cells["3"].reasons
    assert [(reason.cell, reason.name) for reason in reasons] == [("2", "x")]


def test_a_cell_that_used_what_an_earlier_text_defined_is_stale() -> None:
    session = Session("x = 1", "print(x)").run(1).edit(1, "y = 1").run(1, 2)
    assert session.stale() == {"2": {"definition_deleted"}}


def test_imports_run_again_or_elsewhere_change_nothing() -> None:
    session = Session("import numpy as np", "import numpy as np\nx = 1", "np.sum(2)").run_all().run(1, 2)
    assert session.stale() == {}


def test_a_function_charges_the_cell_that_calls_it() -> None:
    session = Session("k = 1", "def f(x):\n    return x * k", "print(f(2))", "f").run(1, 2, 3).run(1)
    assert session.stale() == {"3": {"upstream_rerun"}}
    assert "2" not in session.stale()


def test_a_function_that_sets_a_global_writes_it_for_its_caller() -> None:
    session = Session("def f():\n    global n\n    n = 1", "f()", "print(n)").run_all()
    assert session.judge().clean
    assert session.run(2).stale() == {"3": {"upstream_rerun"}}


def test_a_builtin_that_a_cell_has_taken_is_a_name_like_others() -> None:
    assert Session("sum = 1", "print(sum)").run(1, 2, 1).stale() == {"2": {"upstream_rerun"}}


def test_a_cell_that_ran_before_a_name_was_taken_from_a_builtin_is_stale() -> None:
    assert Session("sum = 1", "print(sum)").run(2, 1).stale() == {"2": {"upstream_rerun"}}


def test_a_deleted_name_has_no_writer() -> None:
    session = Session("x = 1", "del x", "y = x").run_all()
    assert session.stale() == {}


def test_a_cell_that_failed_or_is_running_or_has_not_run_keeps_a_session_from_being_clean() -> None:
    session = Session("x = 1", "y", "z = 2", "w").run(1).run(2, status="error").run(3, status="running")
    assert session.reasons() == {"error", "running", "never_run"}
    assert session.stale() == {}


def test_an_aborted_execution_did_not_happen() -> None:
    session = Session("x = 1", "print(x)").run(1).run(2, status="aborted")
    assert session.reasons() == {"never_run"}
    assert session.run(2).judge().clean


def test_a_kernel_that_was_not_fresh_is_not_clean() -> None:
    session = Session("x = 1").run_all()
    session.fresh_kernel = False
    assert session.reasons() == {"not_fresh_kernel"}


def test_running_one_cell_alone_again_is_out_of_order() -> None:
    session = Session(*THREE).run_all().run(1)
    assert session.out_of_order() == (4,)


def test_a_thousand_runs_are_judged_in_proportion() -> None:
    cells = [f"x{number} = x{number - 1} + 1" for number in range(1, 200)]
    session = Session("x0 = 1", *cells)
    for _ in range(5):
        session.run_all()
    assert session.reasons() == {"run_twice"}
    assert session.stale() == {}


# rules that hold for every session

CELLS = st.sampled_from(
    [
        *(
            "a = 1",
            "a += 1",
            "b = a",
            "a, b = b, a",
            "c = a + b",
            "print(c)",
            "del b",
            "b.append(a)",
            "import c",
        ),
        *(
            "def f():\n    return a",
            "b = f()",
            "def f():\n    global c\n    c = b",
            "f()",
            "print(sum)",
            "sum = 1",
        ),
        *("for a in b:\n    pass", "if c:\n    a = 2", "try:\n    b\nexcept E as c:\n    pass"),
    ]
)


@given(st.lists(CELLS, min_size=1, max_size=6))
@settings(deadline=None)
def test_a_run_from_the_top_is_clean_and_has_no_stale_cell(sources: list[str]) -> None:
    session = Session(*sources).run_all()
    assert session.judge().clean
    assert session.stale() == {}


@given(st.lists(CELLS, min_size=1, max_size=5), st.data())
@settings(deadline=None)
def test_a_session_is_clean_exactly_when_it_is_one_run_from_the_top(
    sources: list[str], data: st.DataObject
) -> None:
    session = Session(*sources)
    numbers = list(range(1, len(sources) + 1))
    runs = data.draw(st.one_of(st.just(numbers), st.lists(st.sampled_from(numbers), max_size=7)))
    assert session.run(*runs).judge().clean == (runs == numbers)


STRAIGHT = [
    "{0} = new()",
    "{0} = {1}",
    "{0} += {1}",
    "{0} = {1} + {2}",
    "{0}.x = {1}",
    "print({0}, {1})",
    "del {0}",
]


@given(
    st.lists(st.tuples(st.sampled_from(STRAIGHT), *[st.sampled_from("abc")] * 3), min_size=2, max_size=6),
    st.data(),
)
@settings(deadline=None, max_examples=300)
def test_a_cell_that_is_not_stale_has_used_what_a_run_from_the_top_would_give_it(
    forms: list[tuple[str, str, str, str]], data: st.DataObject
) -> None:
    session = Session(*(form.format(*names) for form, *names in forms))
    numbers = list(range(1, len(forms) + 1))
    extra = data.draw(st.lists(st.sampled_from(numbers), max_size=5))
    session.run(*data.draw(st.permutations([*numbers, *extra])))
    used = inputs(session.executions)
    from_the_top = inputs(Session(*(form.format(*names) for form, *names in forms)).run_all().executions)
    stale = session.stale()
    assert all(used[key] == from_the_top[key] for key in from_the_top if key not in stale)


def inputs(executions: list[Execution]) -> dict[str, dict[str, object]]:
    """What each cell was given at its last execution: every value is the story of how it was made."""
    values: dict[str, object] = {}
    used: dict[str, dict[str, object]] = {}
    for execution in executions:
        given = used[execution.cell_key] = {name: values.get(name) for name in sorted(execution.reads)}
        story = (execution.cell_key, tuple(given.items()))
        values.update({name: (name, story) for name in execution.writes})
        for name in execution.deletes:
            values.pop(name, None)
    return used


def test_executions_of_cells_that_the_document_never_had_are_counted() -> None:
    names = analyse_cell("x = 1")
    scratch = Execution.of(names, cell_key="console", seq=1, source_sha="-", status="ok")
    state = judge_session([], [scratch])
    assert [reason.code for reason in state.reasons] == ["cell_deleted"]
    assert not state.clean
