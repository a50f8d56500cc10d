"""Is what the screen shows still true? The judgement on one session, from the executions alone.

`clean` is a fact: a fresh kernel; every code cell run exactly once, top to bottom; none failed, none edited.
`stale` is an inference from names (see `names.py` for what they cannot tell): a cell is stale when running
the notebook from the top, as it stands, would give it other inputs than those it used. So a cell that changes
`df` further down does not make the cells above it stale, and one that stands between a cell and the
definition it used does. A clean session has no stale cell.

Names bound only by `import` are the same whoever imports them, and however often.

What it cannot tell: what a cell that has not run would write, or one that was edited since; whether running a
cell again gave the same value; changes by other means than names (files, databases, random state).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from jupyter_mlops.honesty.dataflow import Dataflow, Execution, Use

STALE = frozenset(
    {
        "edited_after_run",
        "upstream_rerun",
        "upstream_edited",
        "upstream_stale",
        "definition_deleted",
        "read_out_of_order",
        "read_own_result",
    }
)
"""The reasons that make a cell stale; the others only keep its session from being clean."""

_UNFINISHED = "running"
_NOT_RUN = "aborted"


@dataclass(frozen=True)
class DocumentCell:
    """A code cell of the notebook as it is now; leave out empty ones, which never run.

    Attributes:
        key: what its executions are found by.
        source_sha: of its present text; None if the cell has been deleted.
    """

    key: str
    source_sha: str | None


@dataclass(frozen=True)
class Reason:
    """Why a cell is stale or a session is not clean.

    Attributes:
        code: one of `STALE`, or `never_run`, `run_out_of_order`, `run_twice`, `error`, `running`,
            `not_fresh_kernel`, `cell_deleted`.
        sentence: the same for people; cells are numbered from 1 among the code cells.
        cell: the other cell it is about, by its key.
        name: the variable it is about.
    """

    code: str
    sentence: str
    cell: str | None = None
    name: str | None = None


@dataclass(frozen=True)
class CellState:
    """What is known of one cell: all reasons, and whether one of them makes it stale."""

    stale: bool
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True)
class SessionState:
    """What is known of a session; `cells` has the document's cells in its order."""

    clean: bool
    reasons: tuple[Reason, ...] = ()
    cells: Mapping[str, CellState] = field(default_factory=lambda: MappingProxyType({}))


def judge_session(
    document: Iterable[DocumentCell], executions: Iterable[Execution], *, fresh_kernel: bool = True
) -> SessionState:
    """Judge one kernel session.

    Args:
        document: the notebook's code cells, top to bottom.
        executions: the session's executions in the order in which they began; not those nested in others.
        fresh_kernel: recording began with the kernel, so that nothing ran before the first execution.
    """
    judge = _Judge(document, executions)
    cells = {key: judge.cell(key) for key in judge.in_order_of_run()}
    reasons = _session_reasons(judge, cells, fresh_kernel)
    return SessionState(not reasons, reasons, MappingProxyType({key: cells[key] for key in judge.places}))


def out_of_order(executions: Iterable[Execution], document: Iterable[DocumentCell]) -> tuple[int, ...]:
    """The `seq` of executions that ran after a cell below theirs; of each cell only its last run counts."""
    places = _places(document)
    last = {each.cell_key: each for each in executions if each.status != _NOT_RUN}
    found = []
    lowest = -1
    for execution in sorted(last.values(), key=lambda each: each.seq):
        place = places.get(execution.cell_key, lowest)
        if place < lowest:
            found.append(execution.seq)
        lowest = max(lowest, place)
    return tuple(found)


def _places(document: Iterable[DocumentCell]) -> dict[str, int]:
    keys = dict.fromkeys(cell.key for cell in document if cell.source_sha is not None)
    return {key: place for place, key in enumerate(keys)}


class _Judge:
    """One judgement under way; `cell` must be asked in the order of the cells' last runs."""

    def __init__(self, document: Iterable[DocumentCell], executions: Iterable[Execution]) -> None:
        cells = list(document)
        ran = [each for each in executions if each.status != _NOT_RUN]
        self.places = _places(cells)
        self.runs: dict[str, int] = {}
        for execution in ran:
            self.runs[execution.cell_key] = self.runs.get(execution.cell_key, 0) + 1
        self._shas = {cell.key: cell.source_sha for cell in reversed(cells) if cell.source_sha is not None}
        self._flow = Dataflow(ran, self.places)
        self._disordered = set(out_of_order(ran, cells))
        self._stale: set[str] = set()

    def in_order_of_run(self) -> list[str]:
        """The document's cells by their last run, so that what a cell used is judged before it."""
        return sorted(self.places, key=lambda key: self._flow.last[key].seq if key in self._flow.last else -1)

    def cell(self, key: str) -> CellState:
        """Judge one cell of the document."""
        last = self._flow.last.get(key)
        if last is None:
            return CellState(False, (Reason("never_run", "It has not run in this session."),))
        reasons = [*self._of_run(last), *self._of_inputs(last)]
        stale = any(reason.code in STALE for reason in reasons)
        if stale:
            self._stale.add(key)
        return CellState(stale, tuple(reasons))

    def _of_run(self, last: Execution) -> list[Reason]:
        reasons = []
        if self._is_edited(last):
            reasons.append(Reason("edited_after_run", "It was edited after it ran."))
        if last.status == _UNFINISHED:
            reasons.append(Reason("running", "It is running."))
        elif last.status != "ok":
            reasons.append(Reason("error", f"Its last run did not end well: {last.status}."))
        if self.runs[last.cell_key] > 1:
            reasons.append(Reason("run_twice", f"It ran {self.runs[last.cell_key]} times."))
        if last.seq in self._disordered:
            reasons.append(Reason("run_out_of_order", "It ran after a cell below it."))
        return reasons

    def _of_inputs(self, last: Execution) -> list[Reason]:
        direct = [reason for use in self._flow.uses(last) if (reason := self._of_use(last, use))]
        blamed = {reason.cell for reason in direct}
        spread = {}
        for use in self._flow.uses(last):
            source = use.provider.cell_key if use.provider else None
            if source is not None and source in self._stale and source not in blamed:
                sentence = f"It used `{use.name}` of {self._called(source)}, which is stale."
                spread[source] = Reason("upstream_stale", sentence, source, use.name)
        return [*direct, *spread.values()]

    def _of_use(self, last: Execution, use: Use) -> Reason | None:
        """What is wrong with one input, compared with what a run from the top would give."""
        name, expected = use.name, self._flow.expected(use.name, last)
        if use.provider is None:
            return self._of_missed_source(last, name, expected)
        source = use.provider.cell_key
        if source == last.cell_key:
            return self._of_own_result(last, name)
        if expected is not None and name in use.provider.imported and name in expected.imported:
            return None
        if source not in self.places:
            sentence = f"It used `{name}` of a cell that is no longer in the notebook."
            return Reason("definition_deleted", sentence, source, name)
        newer = self._flow.last[source]
        if newer is not use.provider and newer.status == "ok" and not self._flow.leaves(newer, name):
            sentence = f"It used `{name}` of an earlier text of {self._called(source)}."
            return Reason("definition_deleted", sentence, source, name)
        if expected is None or expected.cell_key != source:
            return self._of_other_source(last, name, source, expected)
        if newer is not use.provider:
            return self._rerun(name, source)
        if self._is_edited(newer):
            sentence = f"It used `{name}` of {self._called(source)}, which was edited since."
            return Reason("upstream_edited", sentence, source, name)
        return None

    def _of_missed_source(self, last: Execution, name: str, expected: Execution | None) -> Reason | None:
        if expected is None:
            return None
        if expected.seq > last.seq:
            return self._rerun(name, expected.cell_key)
        sentence = (
            f"`{name}` was deleted; from the top it would be that of {self._called(expected.cell_key)}."
        )
        return Reason("read_out_of_order", sentence, expected.cell_key, name)

    def _of_other_source(self, last: Execution, name: str, key: str, expected: Execution | None) -> Reason:
        source = self._called(key)
        if expected is None:
            below = self.places[key] > self.places[last.cell_key]
            why = "which is below it" if below else "which a cell between them deletes"
            return Reason("read_out_of_order", f"It used `{name}` of {source}, {why}.", key, name)
        if expected.seq > last.seq:
            return self._rerun(name, expected.cell_key)
        other = self._called(expected.cell_key)
        sentence = f"It used `{name}` of {source}; from the top it would be that of {other}."
        return Reason("read_out_of_order", sentence, expected.cell_key, name)

    def _of_own_result(self, last: Execution, name: str) -> Reason | None:
        if name in last.uncertain or name in last.imported:
            return None
        return Reason("read_own_result", f"It used `{name}` as its own earlier run left it.", None, name)

    def _rerun(self, name: str, source: str) -> Reason:
        sentence = f"{self._called(source).capitalize()} has since written `{name}` anew."
        return Reason("upstream_rerun", sentence, source, name)

    def _is_edited(self, execution: Execution) -> bool:
        return self._shas[execution.cell_key] != execution.source_sha

    def _called(self, key: str) -> str:
        return f"cell {self.places[key] + 1}"

    def deleted(self) -> Sequence[str]:
        """Cells that ran and are not in the document."""
        return [key for key in self.runs if key not in self.places]


def _session_reasons(judge: _Judge, cells: Mapping[str, CellState], fresh_kernel: bool) -> tuple[Reason, ...]:
    reasons = []
    if not fresh_kernel:
        reasons.append(Reason("not_fresh_kernel", "Something ran in the kernel before recording began."))
    if gone := len(judge.deleted()):
        reasons.append(Reason("cell_deleted", _counted(_DELETED, gone)))
    for code, words in _SESSION_WORDS.items():
        count = sum(any(reason.code == code for reason in cell.reasons) for cell in cells.values())
        if count:
            reasons.append(Reason(code, _counted(words, count)))
    return tuple(reasons)


def _counted(words: tuple[str, str], count: int) -> str:
    one, several = words
    return one if count == 1 else several.format(count)


_DELETED = (
    "One cell that ran is no longer in the notebook.",
    "{} cells that ran are no longer in the notebook.",
)
_SESSION_WORDS = {
    "never_run": ("One cell has not run.", "{} cells have not run."),
    "run_out_of_order": ("One cell ran after a cell below it.", "{} cells ran after a cell below them."),
    "run_twice": ("One cell ran more than once.", "{} cells ran more than once."),
    "edited_after_run": ("One cell was edited after it ran.", "{} cells were edited after they ran."),
    "error": ("The last run of one cell did not end well.", "The last runs of {} cells did not end well."),
    "running": ("One cell is running.", "{} cells are running."),
}
