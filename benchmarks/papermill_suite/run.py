"""papermill's own tests, shipped in its wheel: which fail with our engine and not with papermill's own?

    python benchmarks/papermill_suite/run.py [-k EXPRESSION]

Exit code 0 when no test fails with our engine that passes with papermill's own.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

HERE = Path(__file__).parent
RESULTS = HERE.parent / "results"
PACKAGES = HERE.parents[1] / "build" / "papermill-suite"
TIMEOUT_S = 1800


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "-k", default="", metavar="EXPRESSION", help="run only the tests that pytest's -k selects"
    )
    options = parser.parse_args()
    install_packages()
    outcomes = {engine: run_suite(engine, options.k) for engine in ("papermill", "mlops")}
    worse = compare(outcomes["papermill"], outcomes["mlops"])
    RESULTS.mkdir(exist_ok=True)
    facts = {"totals": {name: Counter(found.values()) for name, found in outcomes.items()}, "worse": worse}
    (RESULTS / "papermill_suite.json").write_text(json.dumps(facts, indent=1))
    return 1 if worse else 0


def install_packages() -> None:
    """Install what the tests import beside the environment, as papermill starts slower with it."""
    mark = PACKAGES / ".installed"
    wanted = HERE / "requirements.txt"
    if mark.is_file() and mark.read_bytes() == wanted.read_bytes():
        return
    command = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "-q",
        "--upgrade",
        "--target",
        str(PACKAGES),
        "-r",
        str(wanted),
    ]
    subprocess.run(command, check=True)
    mark.write_bytes(wanted.read_bytes())


def run_suite(engine: str, expression: str) -> dict[str, str]:
    """Each test's outcome with one engine: passed, failed, error or skipped."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        environment = {
            **os.environ,
            "PAPERMILL_SUITE_ENGINE": engine,
            "PAPERMILL_SUITE_PACKAGES": str(PACKAGES),
            "PYTHONPATH": os.pathsep.join(filter(None, (str(HERE), os.environ.get("PYTHONPATH")))),
            # pytest is told nothing by this project's configuration
            "PYTEST_ADDOPTS": "",
        }
        command = [
            sys.executable,
            "-m",
            "pytest",
            "--pyargs",
            "papermill.tests",
            "-q",
            "--no-header",
            "--tb=short",
        ]
        command += ["-p", "engine_plugin", "-p", "no:cacheprovider", "-c", os.devnull, "--rootdir", folder]
        command += [f"--junitxml={report}", *(["-k", expression] if expression else [])]
        print(f"papermill's tests with the engine of {engine} ...", flush=True)
        done = subprocess.run(
            command,
            check=False,
            env=environment,
            cwd=folder,
            timeout=TIMEOUT_S,
            capture_output=True,
            text=True,
        )
        if not report.is_file():
            sys.exit(f"pytest did not run:\n{done.stdout}\n{done.stderr}")
        RESULTS.mkdir(exist_ok=True)
        (RESULTS / f"papermill_suite_{engine}.log").write_text(done.stdout + done.stderr)
        return read_report(report)


def read_report(report: Path) -> dict[str, str]:
    outcomes = {}
    for case in ElementTree.parse(report).getroot().iter("testcase"):
        kinds = {child.tag for child in case} & {"failure", "error", "skipped"}
        outcome = {"failure": "failed"}.get(*kinds, *kinds) if kinds else "passed"
        outcomes[f"{case.get('classname')}::{case.get('name')}"] = outcome
    return outcomes


def compare(theirs: dict[str, str], ours: dict[str, str]) -> list[str]:
    """Print both totals and each difference; returns the tests that fail with our engine alone."""
    for name, outcomes in (("papermill's engine", theirs), ("our engine", ours)):
        totals = ", ".join(f"{count} {kind}" for kind, count in sorted(Counter(outcomes.values()).items()))
        print(f"{name + ':':20} {len(outcomes)} tests, {totals}")
    good = {"passed", "skipped"}
    worse = []
    for name in sorted(theirs.keys() | ours.keys()):
        before, after = theirs.get(name, "missing"), ours.get(name, "missing")
        if before == after and before in good:
            continue
        is_worse = before in good and after not in good
        worse += [name] if is_worse else []
        verdict = "WORSE" if is_worse else "same " if before == after else "other"
        print(f"  {verdict} {name}: {before} -> {after}")
    print(
        "No test fails with our engine alone."
        if not worse
        else f"{len(worse)} tests fail with our engine alone."
    )
    return worse


if __name__ == "__main__":
    sys.exit(main())
