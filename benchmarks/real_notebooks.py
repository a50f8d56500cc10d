"""Run real notebooks with `jupyter mlops run`, and compare how each ends with what papermill made of it.

    python benchmarks/real_notebooks.py [FOLDER] [--jobs 2] [--only 'widgets/*'] [--timeout 120]

FOLDER holds the notebooks and an `index.tsv` that says, in its column `expected`, how each ends under plain
papermill with a limit of 120 s. Exit code 1 when a notebook ends worse here, when an ending has no reason
code, or when a traceback or an error of ours is shown or logged.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timezone
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import psutil

REPOSITORY = Path(__file__).parents[1]
FOLDER = Path(os.environ.get("JUPYTER_MLOPS_NOTEBOOKS", REPOSITORY.parent / "shared" / "notebooks"))
FIELDS = {
    "run_id",
    "state",
    "reason",
    "failed_cell",
    "output_path",
    "mlflow_run_id",
    "model_version",
    "duration_s",
}
RESULTS = Path(__file__).parent / "results"
VERDICTS = ("same", "better", "worse")
OUR_ERROR = re.compile(
    r"^[-0-9]+ [:,0-9]+ (?:jupyter_mlops|__main__)\S* (?:ERROR|CRITICAL) .*$", re.MULTILINE
)
GRACE_S = 30  # for a run that was cancelled to end, and for a worker to stop


@dataclass(frozen=True)
class Ending:
    """How one notebook ended here.

    Attributes:
        exit_code: of `jupyter mlops run`.
        at_limit: whether it was cancelled at the time limit.
        answer: the one JSON object on its stdout, or None.
        stderr: what it said besides.
        has_output: whether the executed notebook is where the answer says.
        seconds: from start to end, the CLI's own start included.
    """

    exit_code: int
    at_limit: bool
    answer: dict[str, Any] | None
    stderr: str
    has_output: bool
    seconds: float

    @property
    def state(self) -> str:
        return str((self.answer or {}).get("state"))

    @property
    def reason(self) -> str | None:
        return (self.answer or {}).get("reason")

    @property
    def error_name(self) -> str | None:
        return ((self.answer or {}).get("failed_cell") or {}).get("error_name")


@dataclass(frozen=True)
class Verdict:
    """An ending beside papermill's: `same`, `better` or `worse`, and why."""

    notebook: str
    expected: str
    state: str
    reason: str | None
    error_name: str | None
    verdict: str
    why: str
    seconds: float


def main() -> int:
    options = read_options()
    with (options.folder / "index.tsv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file, delimiter="\t") if fnmatch(row["file"], options.only)]
    with tempfile.TemporaryDirectory(prefix="real-notebooks-") as temporary:
        data = Path(temporary) / "data"
        try:
            verdicts = run_all(rows, options, data)
        finally:
            stop_workers(data)
        ours = keep_logs(data)
    return report(verdicts, OUR_ERROR.findall(ours))


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", nargs="?", type=Path, default=FOLDER, help="default: %(default)s")
    parser.add_argument("--jobs", type=int, default=1, help="notebooks run at once")
    parser.add_argument("--only", default="*", metavar="GLOB", help="of the paths in index.tsv")
    parser.add_argument("--timeout", type=float, default=180, help="seconds for one notebook (%(default)s)")
    return parser.parse_args()


def run_all(rows: list[dict[str, str]], options: argparse.Namespace, data: Path) -> list[Verdict]:
    def run_and_judge(row: dict[str, str]) -> Verdict:
        notebook = options.folder / row["file"]
        ending = run_ours(notebook, data, options.timeout)
        verdict = judge(row, ending)
        if verdict.verdict == "worse" and find_fault(ending) is None:
            # The environment may differ from that of the index: ask papermill in this one.
            here = {**row, **run_papermill(notebook, options.timeout)}
            again = judge(here, ending)
            verdict = replace(again, why=f"{again.why} (papermill in this environment: {here['expected']})")
        return verdict

    verdicts = []
    with ThreadPoolExecutor(options.jobs) as pool:
        for verdict in pool.map(run_and_judge, rows):
            verdicts.append(verdict)
            outcome = f"{verdict.state} {verdict.reason or ''} {verdict.error_name or ''}".rstrip()
            print(
                f"{verdict.verdict:6} {verdict.seconds:6.1f} s  {verdict.notebook[:60]:60} "
                f"{verdict.expected} -> {outcome}: {verdict.why}",
                flush=True,
            )
    return verdicts


def run_ours(notebook: Path, data: Path, timeout: float) -> Ending:
    """Run a copy of the notebook in a copy of its folder by the CLI; at the limit, cancel as Ctrl-C does."""
    with tempfile.TemporaryDirectory(prefix="notebook-") as temporary:
        folder = Path(temporary) / notebook.parent.name
        shutil.copytree(notebook.parent, folder)
        command = [str(Path(sys.executable).with_name("jupyter-mlops")), "run", notebook.name, "--json"]
        environment = {**os.environ, "JUPYTER_MLOPS_DATA_DIR": str(data)}
        environment.pop("MLFLOW_TRACKING_URI", None)
        start = time.monotonic()
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        at_limit = False
        try:
            stdout, stderr = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            at_limit = True
            process.send_signal(signal.SIGINT)
            try:
                stdout, stderr = process.communicate(timeout=GRACE_S)
            except subprocess.TimeoutExpired:
                process.kill()
                stdout, stderr = process.communicate()
        answer = read_answer(stdout)
        output = str((answer or {}).get("output_path") or "")
        return Ending(
            exit_code=process.returncode,
            at_limit=at_limit,
            answer=answer,
            stderr=stderr,
            has_output=(folder / output).is_file(),
            seconds=round(time.monotonic() - start, 2),
        )


def read_answer(stdout: str) -> dict[str, Any] | None:
    """The one JSON object on stdout; None when there is anything else."""
    try:
        answer = json.loads(stdout)
    except ValueError:
        return None
    return answer if isinstance(answer, dict) else None


def run_papermill(notebook: Path, timeout: float) -> dict[str, str]:
    """What plain papermill makes of the notebook in this environment, in the words of index.tsv."""
    with tempfile.TemporaryDirectory(prefix="notebook-") as temporary:
        folder = Path(temporary) / notebook.parent.name
        shutil.copytree(notebook.parent, folder)
        command = [sys.executable, "-m", "papermill", notebook.name, "out.ipynb", "--no-progress-bar"]
        try:
            done = subprocess.run(
                command, check=False, cwd=folder, capture_output=True, text=True, timeout=timeout
            )
        except subprocess.TimeoutExpired:
            return {"expected": "times out", "ename": "-"}
    if done.returncode == 0:
        return {"expected": "runs", "ename": "-"}
    last = next((line for line in reversed(done.stderr.splitlines()) if re.match(r"^[\w.]+(:|$)", line)), "")
    name = last.partition(":")[0].rpartition(".")[2]
    if "PapermillExecutionError" in done.stderr:
        return {"expected": "raises", "ename": name}
    known = {
        "NoSuchKernel": "needs other kernel",
        "ValidationError": "invalid",
        "DeadKernelError": "kernel dies",
    }
    return {"expected": known.get(name, "papermill error"), "ename": name}


def judge(row: dict[str, str], ending: Ending) -> Verdict:
    """Set an ending beside what papermill made of the notebook."""
    fault = find_fault(ending)
    verdict, why = ("worse", fault) if fault else compare(row["expected"], row["ename"], ending)
    expected = row["expected"] + (f" {row['ename']}" if row["ename"] != "-" else "")
    return Verdict(
        row["file"], expected, ending.state, ending.reason, ending.error_name, verdict, why, ending.seconds
    )


def find_fault(ending: Ending) -> str | None:
    """What is wrong with an ending whatever the notebook did, or None."""
    answer = ending.answer
    if "Traceback (most recent call last)" in ending.stderr:
        return f"a traceback of ours: {ending.stderr.strip().splitlines()[-1]}"
    if answer is None:
        return f"stdout is no JSON object (exit code {ending.exit_code})"
    if ending.state != "refused" and not answer.keys() >= FIELDS:
        return f"the answer lacks {', '.join(sorted(FIELDS - answer.keys()))}"
    if (ending.exit_code == 0) != (ending.state == "succeeded"):
        return f"exit code {ending.exit_code} for the state {ending.state}"
    if ending.state != "succeeded" and not ending.reason:
        return "no reason code"
    if ending.reason == "internal_error":
        return f"an error of ours: {answer.get('message')}"
    if ending.state == "succeeded" and not ending.has_output:
        return "no executed notebook"
    return None


def compare(expected: str, error_name: str, ending: Ending) -> tuple[str, str]:
    """`same`, `better` or `worse`, and why, for an ending that is sound in itself."""
    ran = ending.state in ("succeeded", "failed")
    if expected == "times out":
        if ending.at_limit:
            return "same", "at the time limit"
        return ("better", "ended in time") if ran else ("worse", (ending.answer or {}).get("message", ""))
    if expected in ("needs other kernel", "invalid", "papermill error"):
        if ending.state == "refused":
            return "better", f"refused: {(ending.answer or {}).get('message')}"
        return ("better", "ran all the same") if ran else ("worse", "neither refused nor run")
    if expected == "kernel dies":
        died = ending.reason in ("kernel_died", "out_of_memory")
        return ("better", "says how the kernel died") if died else ("worse", "not seen that the kernel died")
    if expected == "runs":
        return (
            ("same", "runs")
            if ending.state == "succeeded"
            else ("worse", (ending.answer or {}).get("message", ""))
        )
    if ending.state == "succeeded":
        return "better", "runs here"
    if ending.state == "failed" and error_name in (ending.error_name, "CellExecutionError"):
        return "same", "the same error"
    return "worse", f"another end: {(ending.answer or {}).get('message')}"


def stop_workers(data: Path) -> None:
    """End the workers that the runs started on their own store, and wait until they are gone."""
    from jupyter_mlops.config import Settings
    from jupyter_mlops.runs.workers import live_workers

    if not data.is_dir():
        return
    settings = Settings.load({"JUPYTER_MLOPS_DATA_DIR": str(data)})
    workers = [
        psutil.Process(worker.pid)
        for worker in live_workers(settings.open_store(), datetime.now(timezone.utc))
    ]
    for worker in workers:
        worker.terminate()
    psutil.wait_procs(workers, timeout=GRACE_S)


def keep_logs(data: Path) -> str:
    """Copy what the worker and the runners logged to the results; answers with the text."""
    text = "".join(log.read_text() for log in sorted(data.glob("logs/*.log")))
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "real_notebooks.log").write_text(text)
    return text


def report(verdicts: list[Verdict], errors: list[str]) -> int:
    totals = Counter(verdict.verdict for verdict in verdicts)
    ends = Counter(f"{re.sub(' [A-Z][A-Za-z]+$', '', one.expected)} -> {one.state}" for one in verdicts)
    print(f"\n{len(verdicts)} notebooks: " + ", ".join(f"{totals[name]} {name}" for name in VERDICTS))
    for end, count in sorted(ends.items()):
        print(f"  {count:3} {end}")
    for verdict in verdicts:
        if verdict.verdict == "worse":
            end = f"{verdict.state} {verdict.reason}"
            print(f"WORSE {verdict.notebook}: {verdict.expected} -> {end}: {verdict.why}")
    for line in errors:
        print(f"LOGGED {line}")
    RESULTS.mkdir(exist_ok=True)
    facts = {
        "totals": totals,
        "logged_errors": errors,
        "notebooks": [asdict(one) for one in verdicts],
    }
    (RESULTS / "real_notebooks.json").write_text(json.dumps(facts, indent=1))
    return 1 if totals["worse"] or errors or not verdicts else 0


if __name__ == "__main__":
    sys.exit(main())
