"""What differs between two executions of cells, or between two MLflow runs."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from jupyter_mlops.capture import recorder
from jupyter_mlops.errors import BadInputError, NotFoundError
from jupyter_mlops.experiments.notebook import require_shell
from jupyter_mlops.experiments.runs import ExperimentRun
from jupyter_mlops.magics.card import Block, Card, State
from jupyter_mlops.magics.place import this_notebook
from jupyter_mlops.readable import show_seconds
from jupyter_mlops.workspace import Workspace

Record = dict[str, Any]
LEAST_ID_CHARS = 6
_LOOK_BACK = 10_000


@dataclass(frozen=True)
class Comparison:
    """Two things side by side.

    Attributes:
        kind: `execution` or `run`.
        a: what the first is called.
        b: what the second is called.
        source: the unified diff of the cells' texts; empty when they are equal, and for runs.
        rows: what differs: its name, and the value of each (None: it has none).
    """

    kind: str
    a: str
    b: str
    source: str
    rows: tuple[tuple[str, Any, Any], ...]

    def card(self) -> Card:
        """What is shown of it below a cell."""
        same = not self.rows and not self.source
        return Card(
            f"{self.a} and {self.b}" + (" do not differ" if same else ""),
            columns=("", self.a, self.b),
            rows=self.rows,
            notes=[Block(self.source)] if self.source else [],
        )

    def _repr_mimebundle_(self, **_kwargs: Any) -> dict[str, Any]:
        return self.card().as_mimebundle()

    def _repr_html_(self) -> str:
        return self.card().html()


def diff(a: int | str | ExperimentRun, b: int | str | ExperimentRun) -> Comparison:
    """Compare two cell executions of this notebook, or two MLflow runs.

    Args:
        a: an execution by its count in this kernel (`3`), or by the start of its id; or an MLflow run by its
            id, or as `start` returned it.
        b: another of the same kind.

    Raises:
        NotFoundError: there is no such execution and no such run.
        BadInputError: one is an execution and the other a run.
    """
    first, second = _find(a), _find(b)
    if isinstance(first, dict) and isinstance(second, dict):
        return compare_executions(first, second)
    if isinstance(first, dict) or isinstance(second, dict):
        raise BadInputError(
            "A cell's execution cannot be compared with an MLflow run.",
            field="b",
            hint="Give two of a kind: %mlops diff 3 5, or %mlops diff RUN RUN.",
        )
    return _compare_runs(first, second)


def compare_executions(a: Record, b: Record) -> Comparison:
    """What differs between two executions, as `CellExecution` in the REST schema."""
    first, second = _called(a), _called(b)
    texts = (a["source"].splitlines(), b["source"].splitlines())
    source = "\n".join(difflib.unified_diff(*texts, first, second, lineterm=""))
    rows = tuple(pair for pair in _measures(a, b) if pair[1] != pair[2])
    return Comparison("execution", first, second, source, rows)


def _measures(a: Record, b: Record) -> list[tuple[str, Any, Any]]:
    pairs: list[tuple[str, Any, Any]] = [
        ("Status", State(a["status"]), State(b["status"])),
        ("Error", a["error_message"], b["error_message"]),
        ("Time", _time(a), _time(b)),
        ("CPU time", show_seconds(a["cpu_s"]), show_seconds(b["cpu_s"])),
        ("Memory peak", _mebibytes(a), _mebibytes(b)),
        ("Printed", _printed(a), _printed(b)),
    ]
    if _shown(a) != _shown(b):
        pairs.append(("Outputs", _outputs(a), f"{_outputs(b)} (another content)"))
    for title, kind in (("Reads", "reads"), ("Writes", "writes")):
        mine, others = set(a[kind]), set(b[kind])
        pairs.append((f"{title} only", _names(mine - others), _names(others - mine)))
    logged = [(record["mlflow"] or {}) for record in (a, b)]
    for kind in ("params", "metrics"):
        of_a, of_b = (one.get(kind, {}) for one in logged)
        pairs.extend(
            (f"{kind[:-1]} {name}", of_a.get(name), of_b.get(name)) for name in sorted({*of_a, *of_b})
        )
    return pairs


def _compare_runs(a: Any, b: Any) -> Comparison:
    pairs = [
        *_pairs("param", a.data.params, b.data.params),
        *_pairs("metric", a.data.metrics, b.data.metrics),
        ("Status", a.info.status, b.info.status),
    ]
    for title, tag in (("Commit", "mlflow.source.git.commit"), ("Clean", "mlops.clean")):
        pairs.append((title, a.data.tags.get(tag), b.data.tags.get(tag)))
    rows = tuple(pair for pair in pairs if pair[1] != pair[2])
    return Comparison("run", str(a.info.run_name), str(b.info.run_name), "", rows)


def _pairs(kind: str, a: Mapping[str, Any], b: Mapping[str, Any]) -> list[tuple[str, Any, Any]]:
    return [(f"{kind} {name}", a.get(name), b.get(name)) for name in sorted({*a, *b})]


def _find(given: int | str | ExperimentRun) -> Any:
    """An execution's record, or MLflow's run."""
    if isinstance(given, ExperimentRun):
        return _mlflow_run(given.run_id)
    text = str(given).strip()
    if text.isdigit() and len(text) < LEAST_ID_CHARS:
        return find_execution(int(text))
    found = _execution_by_id(text) if len(text) >= LEAST_ID_CHARS else None
    found = found or _mlflow_run(text)
    if found is None:
        raise NotFoundError(
            f"There is no execution of this notebook and no MLflow run {text[:40]!r}.",
            field="execution",
            hint="%mlops history lists the executions; one is named by its count, or by at least "
            f"{LEAST_ID_CHARS} characters of its id.",
        )
    return found


def find_execution(count: int) -> Record:
    """The execution with this count in this kernel.

    Raises:
        NotFoundError: none of the recorded ones has it.
    """
    current = recorder.loaded()
    session = None if current is None else current.session_id
    for record in _records(session_id=session):
        if record["execution_count"] == count:
            return record
    raise NotFoundError(
        f"No recorded execution of this kernel has the count {count}.",
        field="execution",
        hint="%mlops history lists them; the count is the number in a cell's brackets.",
    )


def _execution_by_id(text: str) -> Record | None:
    return next((record for record in _records() if record["id"].startswith(text)), None)


def _records(**filters: Any) -> Iterator[Record]:
    workspace = Workspace()
    place = this_notebook(require_shell(), workspace, None)
    return workspace.record_of(place).iterate(_LOOK_BACK, **filters)


def _mlflow_run(run_id: str) -> Any:
    from jupyter_mlops.tracking.find import find_run

    return find_run(run_id, Workspace().settings)


def _called(record: Record) -> str:
    count = record["execution_count"]
    return f"[{count}]" if count is not None else str(record["id"])


def _time(record: Record) -> str | None:
    return show_seconds(record["duration_s"])


def _mebibytes(record: Record) -> str | None:
    peak = record["memory_peak_bytes"]
    return None if peak is None else f"{peak / 2**20:.0f} MiB"


def _printed(record: Record) -> str:
    return f"{record['stdout_bytes'] + record['stderr_bytes']} bytes"


def _shown(record: Record) -> list[Any]:
    return [sorted(output.items()) if isinstance(output, dict) else output for output in record["outputs"]]


def _outputs(record: Record) -> str:
    return (
        ", ".join(f"{output.get('mime')}, {output.get('bytes')} bytes" for output in record["outputs"])
        or "none"
    )


def _names(names: set[str]) -> str | None:
    return ", ".join(sorted(names)) or None
