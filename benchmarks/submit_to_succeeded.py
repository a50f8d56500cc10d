"""How long a run of the demo notebook takes: ours, from submit to succeeded, beside the papermill CLI.

Both run the same notebook in the same session, in turn (A B A B …), so that a drift of the machine meets
both. Three ways are timed: papermill's CLI (the peer), `jupyter mlops run` as a whole command, and our submit
to succeeded on a worker that is already there, as the sidebar and schedules meet it. Ours also records every
cell, tracks the run in MLflow and keeps a snapshot; papermill does none of these.

    python benchmarks/submit_to_succeeded.py [--rounds 5] [--notebook PATH]
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
DEMO = REPOSITORY / "examples" / "breast-cancer" / "train.ipynb"
RESULTS = Path(__file__).parent / "results"


def main() -> None:
    """Measure, print and write `results/submit_to_succeeded.json`."""
    arguments = _arguments()
    folder = Path(tempfile.mkdtemp(prefix="mlops-bench-"))
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MLFLOW_")}
    environment["JUPYTER_MLOPS_DATA_DIR"] = str(folder / "data")
    notebook = folder / "train.ipynb"
    shutil.copyfile(arguments.notebook, notebook)
    try:
        ways: dict[str, Callable[[], float]] = {
            "papermill CLI": lambda: _papermill(notebook, folder, environment),
            "jupyter mlops run": lambda: _command(notebook, environment)[0],
            "submit to succeeded": lambda: _command(notebook, environment)[1],
        }
        for way in ways.values():
            way()  # the first start of each makes MLflow's database and the worker
        times: dict[str, list[float]] = {name: [] for name in ways}
        for number in range(arguments.rounds):
            for name, way in ways.items():
                times[name].append(way())
            print(
                f"round {number + 1}/{arguments.rounds}: "
                + ", ".join(f"{name} {taken[-1]:.2f} s" for name, taken in times.items()),
                file=sys.stderr,
            )
    finally:
        _end_workers(folder / "data")
        shutil.rmtree(folder, ignore_errors=True)
    _report(times, arguments.notebook)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--notebook", type=Path, default=DEMO)
    return parser.parse_args()


def _papermill(notebook: Path, folder: Path, environment: dict[str, str]) -> float:
    """The peer: its notebook tracks into MLflow as ours does, in a database of its own."""
    tracked = {**environment, "MLFLOW_TRACKING_URI": f"sqlite:///{folder / 'papermill.db'}"}
    began = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "papermill", "--no-progress-bar", str(notebook), str(folder / "out.ipynb")],
        check=True,
        capture_output=True,
        env=tracked,
        cwd=folder,
    )
    return time.perf_counter() - began


def _command(notebook: Path, environment: dict[str, str]) -> tuple[float, float]:
    """The whole command's seconds, and those from submit to succeeded within it."""
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "jupyter_mlops.cli", "run", str(notebook), "--json"],
        check=True,
        capture_output=True,
        env=environment,
    )
    whole = time.perf_counter() - began
    run_id = json.loads(done.stdout)["run_id"]
    shown = subprocess.run(
        [sys.executable, "-m", "jupyter_mlops.cli", "show", run_id, "--json"],
        check=True,
        capture_output=True,
        env=environment,
    )
    run = json.loads(shown.stdout)
    queued, ended = (datetime.fromisoformat(run[name]) for name in ("created_at", "ended_at"))
    return whole, (ended - queued).total_seconds()


def _end_workers(data_dir: Path) -> None:
    from jupyter_mlops.runs.runner_process import kill_tree
    from jupyter_mlops.runs.workers import live_workers
    from jupyter_mlops.store import Store

    for worker in live_workers(Store.open(data_dir / "store.db"), datetime.now(timezone.utc)):
        kill_tree(worker.pid)


def _report(times: dict[str, list[float]], notebook: Path) -> None:
    peer = statistics.median(times["papermill CLI"])
    rows = {
        name: {
            "median_s": round(statistics.median(taken), 3),
            "min_s": round(min(taken), 3),
            "max_s": round(max(taken), 3),
            "ratio_to_papermill": round(statistics.median(taken) / peer, 3),
            "runs": len(taken),
        }
        for name, taken in times.items()
    }
    print(f"{'':22} {'median':>8} {'min':>8} {'max':>8} {'ratio':>7}")
    for name, row in rows.items():
        print(
            f"{name:22} {row['median_s']:7.2f}s {row['min_s']:7.2f}s {row['max_s']:7.2f}s "
            f"{row['ratio_to_papermill']:6.2f}x"
        )
    RESULTS.mkdir(exist_ok=True)
    target = RESULTS / "submit_to_succeeded.json"
    facts = {
        "at": datetime.now(timezone.utc).isoformat(),
        "notebook": notebook.name,
        "machine": {
            "processors": os.cpu_count(),
            "python": platform.python_version(),
            "system": platform.platform(),
        },
        "ways": rows,
    }
    target.write_text(json.dumps(facts, indent=2) + "\n", "utf-8")
    print(f"Written: {target.relative_to(REPOSITORY)}")


if __name__ == "__main__":
    main()
