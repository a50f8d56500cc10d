"""Which execution made each value that an execution used, and which would have, from the top."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from jupyter_mlops.honesty.names import CellNames, FunctionNames

_NONE: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Execution:
    """One execution of a cell, with the names of the text that ran; see `CellNames` for those.

    Attributes:
        seq: its number in the session, in the order of beginning.
        status: `ok`, `running`, `aborted` (it never began), or whatever else it ended with.
        reads: with the builtins it reads: another cell may have assigned them.
    """

    cell_key: str
    seq: int
    source_sha: str
    status: str = "ok"
    reads: frozenset[str] = _NONE
    writes: frozenset[str] = _NONE
    deletes: frozenset[str] = _NONE
    uncertain: frozenset[str] = _NONE
    deferred: frozenset[str] = _NONE
    imported: frozenset[str] = _NONE
    functions: Mapping[str, FunctionNames] = field(default_factory=lambda: MappingProxyType({}))

    @classmethod
    def of(cls, names: CellNames, *, cell_key: str, seq: int, source_sha: str, status: str) -> Execution:
        """An execution of a text that `analyse_cell` has read."""
        return cls(
            cell_key=cell_key,
            seq=seq,
            source_sha=source_sha,
            status=status,
            reads=names.reads | names.builtins,
            writes=names.writes,
            deletes=names.deletes,
            uncertain=names.uncertain,
            deferred=names.deferred,
            imported=names.imported,
            functions=names.functions,
        )


@dataclass(frozen=True)
class Use:
    """A name that an execution read, and the one whose value that was; None if no cell had given it any."""

    name: str
    provider: Execution | None


class Dataflow:
    """A session's executions, in order, and where their inputs came from.

    Args:
        executions: those that began to run, in order.
        places: the document's cells, each with its place from the top.

    Attributes:
        last: each cell's last execution.
    """

    def __init__(self, executions: Sequence[Execution], places: Mapping[str, int]) -> None:
        self.last = {each.cell_key: each for each in executions}
        self._places = places
        self._uses: dict[int, tuple[Use, ...]] = {}
        self._leaves: dict[int, set[str]] = {}
        self._writers: dict[str, list[tuple[int, Execution | None]]] = {}
        current: dict[str, Execution] = {}
        for execution in executions:
            self._follow(execution, current)
        for writers in self._writers.values():
            writers.sort(key=lambda placed: placed[0])

    def uses(self, execution: Execution) -> tuple[Use, ...]:
        """The inputs of a cell's last execution."""
        return self._uses.get(execution.seq, ())

    def leaves(self, execution: Execution, name: str) -> bool:
        """Whether a cell's last execution writes the name and does not delete it again."""
        return name in self._leaves[execution.seq]

    def expected(self, name: str, reader: Execution) -> Execution | None:
        """The last execution of the nearest cell above that writes the name; None if that cell deletes it."""
        writers = self._writers.get(name, [])
        above = bisect_left(writers, self._places[reader.cell_key], key=lambda placed: placed[0])
        return writers[above - 1][1] if above else None

    def _follow(self, execution: Execution, current: dict[str, Execution]) -> None:
        reads, writes = _with_called_functions(execution, current)
        if self.last[execution.cell_key] is execution:
            self._uses[execution.seq] = tuple(Use(name, current.get(name)) for name in sorted(reads))
            self._leaves[execution.seq] = leaves = writes - execution.deletes
            if (place := self._places.get(execution.cell_key)) is not None:
                for name in leaves | execution.deletes:
                    writer = execution if name in leaves else None
                    self._writers.setdefault(name, []).append((place, writer))
        current.update(dict.fromkeys(writes, execution))
        for name in execution.deletes:
            current.pop(name, None)


def _with_called_functions(
    execution: Execution, current: Mapping[str, Execution]
) -> tuple[set[str], set[str]]:
    """What it reads and writes, by itself and through the functions of other cells that it names."""
    reads = set(execution.reads - execution.deferred)
    writes = set(execution.writes)
    own = execution.writes - execution.reads  # what it bound itself, the functions it calls find there
    names = list(reads)
    while names:
        name = names.pop()
        called = current[name].functions.get(name) if name in current else None
        if called is not None:
            new = called.reads - reads - own
            reads |= new
            names.extend(new)
            writes |= called.writes
    return reads, writes
