"""What recording costs: in real kernels beside bare ones, at ingest, and when a history page is asked for.

    python benchmarks/capture_overhead.py [--rounds 30] [--copies 5] [--rows 1000000] [--only PART]

All kernels run the same five cells in turn, in one run, so that the machine's load is on all alike. The CPU
time of the hooks is the honest figure on a busy machine, and so is that of the thread that answers, over the
bare kernels': what a cell waits for unless something else takes the processor.

Of two kernels that are alike, one answers `df.head()` up to a millisecond later than the other for as long as
it lives. So there are several of each kind, compared with bare ones that hold as large a frame: means of the
kernels' medians, with their standard error. Kernels with empty hooks say how busy the machine was: on an idle
one those take 0.013 ms. The figures go to `results/capture_overhead.json`.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from measured_kernel import HOOK_CLOCK, LOAD, REPOSITORY, MeasuredKernel

sys.path.insert(0, str(REPOSITORY))

RESULT = Path(__file__).parent / "results" / "capture_overhead.json"
FRAME = (
    "import numpy as np, pandas as pd\n"
    "df = pd.DataFrame({{name: np.arange({rows}, dtype=float) for name in 'abcdefghij'}})"
)
CELLS = {
    "x = 1": "x = 1",
    "10 prints": "for n in range(10):\n    print('line', n)",
    "df.head()": "df.head()",
    "8 lines of pandas": (
        "part = df.head(1000).copy()\npart['big'] = part.a > 500\nmeans = part.groupby('big').mean()\n"
        "turned = means.T\nnamed = turned.reset_index()\nother = named.rename(columns={'index': 'column'})\n"
        "sorted_ = other.sort_values('column')\nlen(sorted_)"
    ),
    "write and read a file": "with open('a.txt', 'w') as f: f.write('a')\nwith open('a.txt') as f: f.read()",
}
EMPTY_HOOKS = (
    "def _empty(argument): pass\n"
    "for _e in ('pre_run_cell', 'post_run_cell'): get_ipython().events.register(_e, _empty)"
)
BARE, BARE_LARGE, OURS_LARGE = "bare", "bare, frame of 1e7 rows", "ours, frame of 1e7 rows"
Taken = dict[MeasuredKernel, dict[str, list[float]]]
SMALL, LARGE = FRAME.format(rows=10_000), FRAME.format(rows=10_000_000)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--rounds", type=int, default=30, help="of the five cells in each kernel (%(default)s)"
    )
    parser.add_argument(
        "--copies", type=int, default=5, help="kernels of each kind, large ones 4 at most (%(default)s)"
    )
    parser.add_argument(
        "--rows", type=int, default=1_000_000, help="in the store, for the history (%(default)s)"
    )
    parser.add_argument(
        "--ipyflow",
        metavar="FOLDER",
        help="where `pip install --target FOLDER ipyflow` put it: measured beside ours",
    )
    parser.add_argument("--only", choices=["kernels", "ingest", "history", "import"])
    options = parser.parse_args()
    parts: dict[str, Callable[[Path], Any]] = {
        "import": import_time,
        "kernels": lambda folder: in_kernels(folder, options.rounds, options.copies, options.ipyflow),
        "ingest": ingest_rate,
        "history": lambda folder: history_page(folder, options.rows),
    }
    figures: dict[str, Any] = {
        "at": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "cpus": os.cpu_count(),
        "load_at_start": os.getloadavg()[0],
    }
    with tempfile.TemporaryDirectory(prefix="capture-overhead-") as temporary:
        for name, measure in parts.items():
            if options.only in (None, name):
                figures[name] = measure(Path(temporary))
    figures["load_at_end"] = os.getloadavg()[0]
    text = json.dumps(figures, indent=1)
    print(text)
    if options.only is None:
        RESULT.parent.mkdir(exist_ok=True)
        RESULT.write_text(text + "\n")
    return 0


def in_kernels(folder: Path, rounds: int, copies: int, ipyflow: str | None) -> dict[str, Any]:
    """Hooks' CPU and round trips, of all variants in turn."""
    off = {"JUPYTER_MLOPS_CAPTURE": "frames=off"}
    variants: dict[str, tuple[tuple[str, ...], dict[str, str]]] = {
        BARE: ((SMALL,), {}),
        BARE_LARGE: ((LARGE,), {}),
        "empty hooks": ((SMALL, EMPTY_HOOKS, HOOK_CLOCK), {}),
        "ours without frames": ((SMALL, LOAD, HOOK_CLOCK), off),
        "ours, frame of 1e4 rows": ((SMALL, LOAD, HOOK_CLOCK), {}),
        OURS_LARGE: ((LARGE, LOAD, HOOK_CLOCK), {}),
    }
    if ipyflow:
        path = f"{REPOSITORY}{os.pathsep}{ipyflow}"
        variants["ipyflow"] = ((SMALL, "%load_ext ipyflow"), {"PYTHONPATH": path})
    kernels = {
        name: [
            MeasuredKernel(folder / f"{name}-{copy}", *prepare, **environ)
            for copy in range(min(copies, 4) if LARGE in prepare else copies)
        ]
        for name, (prepare, environ) in variants.items()
    }
    order = [kernel for alike in kernels.values() for kernel in alike]
    trips: Taken = {kernel: {cell: [] for cell in CELLS} for kernel in order}
    spent: Taken = {kernel: {cell: [] for cell in CELLS} for kernel in order}
    used = {kernel: -kernel.cpu_s() for kernel in order}
    for number in range(rounds):
        for cell, code in CELLS.items():
            for kernel in order:
                before = kernel.main_thread_cpu_ns()
                trips[kernel][cell].append(kernel.round_trip(f"{code}\n# round {number}"))
                spent[kernel][cell].append((kernel.main_thread_cpu_ns() - before) / 1e6)
            order.append(order.pop(0))
    used = {kernel: cpu_s + kernel.cpu_s() for kernel, cpu_s in used.items()}
    report: dict[str, Any] = {"ipyflow": "measured" if ipyflow else "not asked for", "rounds": rounds}
    for name, alike in kernels.items():
        bare = kernels[BARE_LARGE if name in (BARE_LARGE, OURS_LARGE) else BARE]
        report[name] = {
            "kernels": len(alike),
            "round_trip_ms": {
                cell: round(statistics.mean(medians_of(trips, alike, cell)), 3) for cell in CELLS
            },
            "over_bare_ms": {cell: over_bare(trips, alike, bare, cell) for cell in CELLS},
            "main_thread_cpu_over_bare_ms": {cell: over_bare(spent, alike, bare, cell) for cell in CELLS},
            "kernel_cpu_per_cell_ms": round(
                1000 * statistics.mean(used[kernel] for kernel in alike) / rounds / len(CELLS), 3
            ),
        }
        if name == "empty hooks" or name.startswith("ours"):
            report[name]["hook_cpu_ms"] = hook_times(alike, rounds)
    for kernel in order:
        kernel.stop()
    return report


def medians_of(taken: Taken, kernels: list[MeasuredKernel], cell: str) -> list[float]:
    """Each kernel's median of one cell."""
    return [statistics.median(taken[kernel][cell]) for kernel in kernels]


def over_bare(
    taken: Taken, kernels: list[MeasuredKernel], bare: list[MeasuredKernel], cell: str
) -> dict[str, float]:
    """By how much the mean of the kernels' medians is above that of the bare ones."""
    ours, theirs = medians_of(taken, kernels, cell), medians_of(taken, bare, cell)
    error = sum(statistics.variance(group) / len(group) for group in (ours, theirs) if len(group) > 1) ** 0.5
    return {
        "mean": round(statistics.mean(ours) - statistics.mean(theirs), 3),
        "standard_error": round(error, 3),
    }


def hook_times(kernels: list[MeasuredKernel], rounds: int) -> dict[str, Any]:
    """Percentiles of the CPU time of both hooks together, of all cells and of each."""
    taken: list[int] = []
    for kernel in kernels:
        taken += json.loads(kernel.run("print(__import__('json').dumps(_cpu))"))[-rounds * len(CELLS) :]
    by_cell = {cell: taken[at :: len(CELLS)] for at, cell in enumerate(CELLS)}
    return {"all": percentiles(taken), **{cell: percentiles(times) for cell, times in by_cell.items()}}


def percentiles(nanoseconds: list[int]) -> dict[str, float]:
    ordered = sorted(nanoseconds)
    return {
        name: round(ordered[min(len(ordered) - 1, int(share * len(ordered)))] / 1e6, 3)
        for name, share in (("p50", 0.5), ("p90", 0.9), ("p99", 0.99))
    }


def import_time(folder: Path) -> dict[str, float]:
    """CPU time of importing the recorder, compiled, into a process that has ipykernel; the best of seven."""
    script = (
        "import time, ipykernel.kernelapp; began = time.process_time()\n"
        "import jupyter_mlops.capture.recorder; print(time.process_time() - began)"
    )
    environ = {**os.environ, "PYTHONPATH": str(REPOSITORY), "PYTHONPYCACHEPREFIX": str(folder / "compiled")}
    environ.pop("PYTHONDONTWRITEBYTECODE", None)
    command = [sys.executable, "-c", script]
    runs = [
        float(subprocess.run(command, env=environ, capture_output=True, text=True, check=True).stdout)
        for _ in range(7)
    ]
    return {"best_ms": round(min(runs) * 1000, 2), "median_ms": round(statistics.median(runs) * 1000, 2)}


def ingest_rate(folder: Path, executions: int = 5000) -> dict[str, Any]:
    """Records (a begin or an end is one) a second, of journals as a kernel writes them.

    First each cell's source is new, and is analysed; then another kernel runs the same ones, as a notebook's
    next run does.
    """
    from jupyter_mlops.store import Store

    kernel = MeasuredKernel(folder / "sample", SMALL, LOAD)
    for code in CELLS.values():
        kernel.run(code)
    (journal,) = kernel.journals.glob("*.jsonl")
    kernel.stop()
    lines = [json.loads(line) for line in journal.read_bytes().splitlines()]
    store = Store.open(folder / "ingest.sqlite")
    figures = {
        name: ingest(store, folder / f"{session}.jsonl", lines, session, executions)
        for name, session in (("every source new", "first"), ("sources seen before", "second"))
    }
    store.close()
    return {"records": 2 * executions, **figures}


def ingest(
    store: Any, path: Path, sample: list[dict[str, Any]], session: str, executions: int
) -> dict[str, int]:
    """Write a journal that repeats a sample's cells with other sources, and ingest it."""
    from jupyter_mlops.capture.ingester import Ingester

    begins = [line for line in sample if line["ph"] == "B"][-len(CELLS) :]
    ends = {line["exec_id"]: line for line in sample if line["ph"] == "E"}
    with path.open("w") as file:
        known = {"session_id": session, "pid": os.getpid(), "locked": False, "git": None}
        file.write(json.dumps({**sample[0], **known}) + "\n")
        for number in range(executions):
            begin = begins[number % len(begins)]
            own = {"exec_id": f"{session}{number}", "session_id": session, "seq": number}
            source = {"source": f"{begin['source']}\ny{number} = x"}
            file.write(json.dumps({**begin, **own, **source, "msg_id": own["exec_id"]}) + "\n")
            file.write(json.dumps({**ends[begin["exec_id"]], "exec_id": own["exec_id"]}) + "\n")
    wall, cpu = time.perf_counter(), time.process_time()
    report = Ingester(store).ingest_file(path)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    assert report.ended == executions
    return {
        "bytes_a_record": round(path.stat().st_size / executions / 2),
        "per_cpu_second": round(2 * executions / cpu),
        "per_second": round(2 * executions / wall),
    }


def history_page(folder: Path, rows: int) -> dict[str, Any]:
    """Milliseconds for a page of one notebook's history, first and deeper, in a store of many rows."""
    from jupyter_mlops.store import Store
    from jupyter_mlops.store.executions import list_executions
    from jupyter_mlops.store.paging import PageRequest

    path = folder / "history.sqlite"
    store = Store.open(path)
    fill(path, rows)
    times: list[tuple[float, float]] = []
    cursor = None
    for number in range(40):
        request = PageRequest(limit=50, cursor=cursor)
        began, cpu = time.perf_counter(), time.process_time()
        with store.reading() as session:
            page = list_executions(session, request, root="/srv", notebook="nb-1.ipynb")
        times.append(((time.perf_counter() - began) * 1000, (time.process_time() - cpu) * 1000))
        assert len(page.items) == 50
        cursor = page.next_cursor if number >= 10 else None
    store.close()
    return {
        "rows_in_store": rows,
        "rows_of_notebook": rows // 20,
        "first_page_ms": medians(times[1:10]),
        "deeper_pages_ms": medians(times[11:]),
    }


def medians(times: list[tuple[float, float]]) -> dict[str, float]:
    wall, cpu = zip(*times, strict=True)
    return {"wall": round(statistics.median(wall), 2), "cpu": round(statistics.median(cpu), 2)}


def fill(path: Path, rows: int) -> None:
    """A store of one session and many executions of twenty notebooks, past SQLAlchemy."""
    began = datetime(2026, 1, 1, tzinfo=timezone.utc)
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA synchronous=OFF")
    connection.execute(
        "INSERT INTO sessions (id, root, runner, started_at, facts) VALUES ('s', '/srv', 'lab', ?, '{}')",
        (began.strftime("%Y-%m-%d %H:%M:%S.%f"),),
    )
    connection.executemany(
        "INSERT INTO sources (sha, text) VALUES (?, ?)", [(f"sha{n}", f"x = {n}") for n in range(100)]
    )
    columns = (
        "id session_id root notebook seq cell_id cell_key key_kind tags execution_count source_sha status"
    )
    columns += (
        " started_at ended_at duration_s stdout_bytes stderr_bytes outputs reads writes facts recorded_by"
    )
    marks = ", ".join("?" * len(columns.split()))
    facts = json.dumps({"files": [{"path": "/srv/data.csv", "mode": "r", "n": 1}], "rss_bytes": 10**8})

    def row(number: int) -> tuple[Any, ...]:
        at = (began + timedelta(seconds=number)).strftime("%Y-%m-%d %H:%M:%S.%f")
        cell = f"c{number % 40}"
        identity = (f"{number:032x}", "s", "/srv", f"nb-{number % 20}.ipynb", number, cell, cell, "id", "[]")
        return (
            *identity,
            number,
            f"sha{number % 100}",
            "ok",
            at,
            at,
            0.1,
            0,
            0,
            "[]",
            '["x"]',
            "[]",
            facts,
            "recorder",
        )

    connection.executemany(
        f"INSERT INTO executions ({', '.join(columns.split())}) VALUES ({marks})", map(row, range(rows))
    )
    connection.commit()
    connection.close()


if __name__ == "__main__":
    sys.exit(main())
