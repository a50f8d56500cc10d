"""How long it takes to register a small scikit-learn model: ours, beside MLflow's own `log_model`.

All in one process, in turn (A B C A B C …), on the same fitted model, each into the same MLflow in SQLite:

- `MLflow, defaults`: `log_model(model, input_example=X[:5], registered_model_name=...)`. It finds out what
  the model requires in another process, and loads the model again to predict for the example.
- `MLflow, told all`: the same with `pip_requirements` and `signature` given, which its user has to know.
- `jupyter_mlops`: `jupyter_mlops.register(model, NAME)` in a kernel that is recorded: it finds requirements,
  signature and example, logs the model, makes the version through the registration's steps, and keeps its
  evidence and checksums.

The first of each is told apart: it imports what the later ones find loaded (skops: all of scikit-learn).

    python benchmarks/registering.py [--rounds 5]
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import statistics
import sys
import tempfile
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from jupyter_client.manager import KernelManager

REPOSITORY = Path(__file__).resolve().parent.parent
RESULTS = Path(__file__).parent / "results"
PEER = "MLflow, defaults"
PREPARE = """
%load_ext jupyter_mlops
import json, time, warnings
import mlflow, mlflow.sklearn
import jupyter_mlops
from mlflow.models import infer_signature
from sklearn import __version__ as sklearn_version
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
warnings.simplefilter("ignore")
X, y = load_breast_cancer(return_X_y=True, as_frame=True)
model = LogisticRegression(max_iter=5000).fit(X, y)

def defaults():
    with mlflow.start_run():
        mlflow.sklearn.log_model(model, name="model", input_example=X[:5], registered_model_name="defaults")

def told_all():
    with mlflow.start_run():
        mlflow.sklearn.log_model(model, name="model", input_example=X[:5], registered_model_name="told-all",
            pip_requirements=[f"scikit-learn=={sklearn_version}"],
            signature=infer_signature(X[:5], model.predict(X[:5])))

def ours():
    jupyter_mlops.register(model, "ours")

ways = {"MLflow, defaults": defaults, "MLflow, told all": told_all, "jupyter_mlops": ours}

def timed(way):
    began, cpu = time.perf_counter(), time.process_time()
    way()
    return time.perf_counter() - began, time.process_time() - cpu
"""
ROUND = "print(json.dumps({name: timed(way) for name, way in ways.items()}))"


def main() -> None:
    """Measure, print and write `results/registering.json`."""
    rounds = _arguments().rounds
    folder = Path(tempfile.mkdtemp(prefix="mlops-bench-"))
    try:
        with_kernel = _Kernel(folder)
        try:
            with_kernel.run(PREPARE)
            first = with_kernel.round()
            later = []
            for number in range(rounds):
                later.append(with_kernel.round())
                shown = ", ".join(f"{name} {taken[0]:.2f} s" for name, taken in later[-1].items())
                print(f"round {number + 1}/{rounds}: {shown}", file=sys.stderr)
        finally:
            with_kernel.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    _report(first, later)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=5)
    return parser.parse_args()


class _Kernel:
    """A kernel with a data folder of its own."""

    def __init__(self, folder: Path) -> None:
        environment = {
            name: value for name, value in os.environ.items() if not name.startswith(("MLFLOW_", "_MLFLOW_"))
        }
        # A small model gains nothing from many threads, and on a busy machine they wait for each other.
        environment |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        environment["JUPYTER_MLOPS_DATA_DIR"] = str(folder / "data")
        environment["JPY_SESSION_NAME"] = str(folder / "register.ipynb")
        self.manager = KernelManager(kernel_name="python3")
        self.manager.start_kernel(cwd=str(folder), env=environment)
        self.client = self.manager.blocking_client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=120)

    def run(self, code: str) -> str:
        """What a cell prints on standard output."""
        printed: list[str] = []

        def hear(message: dict[str, Any]) -> None:
            content = message["content"]
            if message["msg_type"] == "stream" and content["name"] == "stdout":
                printed.append(content["text"])
            elif message["msg_type"] == "error":
                raise RuntimeError("\n".join(content["traceback"]))

        self.client.execute_interactive(code, output_hook=hear, timeout=600)
        return "".join(printed)

    def round(self) -> dict[str, list[float]]:
        """Wall and CPU seconds of each way."""
        return dict(json.loads(self.run(ROUND).splitlines()[-1]))

    def close(self) -> None:
        """End it."""
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)


def _report(first: dict[str, list[float]], later: list[dict[str, list[float]]]) -> None:
    medians = {name: statistics.median(taken[name][0] for taken in later) for name in first}
    rows = {
        name: {
            "median_s": round(medians[name], 3),
            "min_s": round(min(taken[name][0] for taken in later), 3),
            "max_s": round(max(taken[name][0] for taken in later), 3),
            "cpu_median_s": round(statistics.median(taken[name][1] for taken in later), 3),
            "first_s": round(first[name][0], 3),
            "ratio_to_mlflow": round(medians[name] / medians[PEER], 3),
            "runs": len(later),
        }
        for name in first
    }
    print(f"{'':18} {'median':>8} {'min':>8} {'max':>8} {'CPU':>8} {'first':>8} {'ratio':>7}")
    for name, row in rows.items():
        figures = " ".join(
            f"{row[of]:7.2f}s" for of in ("median_s", "min_s", "max_s", "cpu_median_s", "first_s")
        )
        print(f"{name:18} {figures} {row['ratio_to_mlflow']:6.2f}x")
    RESULTS.mkdir(exist_ok=True)
    target = RESULTS / "registering.json"
    facts = {
        "at": datetime.now(timezone.utc).isoformat(),
        "model": "LogisticRegression on breast cancer, 569 rows, 30 columns",
        "machine": {
            "processors": os.cpu_count(),
            "load_average": os.getloadavg()[0],
            "python": platform.python_version(),
            "system": platform.platform(),
        },
        "ways": rows,
    }
    target.write_text(json.dumps(facts, indent=2) + "\n", "utf-8")
    print(f"Written: {target.relative_to(REPOSITORY)}")


if __name__ == "__main__":
    main()
