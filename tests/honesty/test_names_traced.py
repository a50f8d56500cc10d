"""What is read from the text against what the program really did, on programs made by hypothesis."""

from __future__ import annotations

from hypothesis import HealthCheck, assume, event, given, settings
from hypothesis import strategies as st
from programs import NAMES, programs, programs_of_functions, straight_programs
from traced_cell import Trace, trace_cell

from jupyter_mlops.honesty import CellNames, analyse_cell

SEEDS = st.integers(0, 3)
GENEROUS = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


@settings(GENEROUS, max_examples=300)
@given(st.one_of(programs(), programs_of_functions()))
def test_what_a_program_did_is_in_what_its_text_says(source: str) -> None:
    for seed in range(3):  # other branches
        names, trace = both(source, seed)
        assert trace.reads <= names.reads
        assert trace.writes | trace.changed <= names.writes
        if trace.ended_well:
            assert trace.gone <= names.deletes
        event(f"ended well: {trace.ended_well}")


@settings(GENEROUS, max_examples=150)
@given(straight_programs(), SEEDS)
def test_a_straight_program_did_exactly_what_its_text_says(source: str, seed: int) -> None:
    names, trace = both(source, seed)
    assume(trace.ended_well)
    assert trace.reads == names.reads
    assert trace.writes | trace.changed == names.writes
    assert trace.gone == names.deletes
    assert names.uncertain == set()


@settings(GENEROUS, max_examples=60)
@given(programs(), programs(), SEEDS)
def test_a_text_behind_a_magic_says_the_same(source: str, other: str, seed: int) -> None:
    both(source, seed)
    assert analyse_cell(f"%%time\n{source}") == analyse_cell(source) == analyse_cell(f"%pwd\n{source}\n!ls")
    assert not analyse_cell(f"%%timeit\n{source}\n{other}").unknown


@settings(GENEROUS, max_examples=300)
@given(st.text(alphabet="ab =+.,:;()[]{}'\"\n\t\\%!?#$@/-1def if for in", max_size=60))
def test_no_text_raises(source: str) -> None:
    analyse_cell(source)


def both(source: str, seed: int) -> tuple[CellNames, Trace]:
    try:
        compile(source, "<cell>", "exec", dont_inherit=True)
    except SyntaxError:  # `global a` after a use of it, a walrus in a wrong place
        assume(False)
    names = analyse_cell(source)
    assert not names.unknown
    return names, trace_cell(source, NAMES, seed)
