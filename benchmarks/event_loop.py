"""Jupyter's event loop while our endpoints are asked by many at once: nothing of ours may hold it up.

A real Jupyter server over a store with 100,000 runs. Each callback of its loop is timed, by the wall's clock
and by the CPU time of the loop's thread: on a busy machine the first includes what others took. First the
server is left alone, for comparison. Goal: no callback above 50 ms.

    python benchmarks/event_loop.py [--runs 100000] [--clients 8] [--seconds 20]
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import os
import platform
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone
from itertools import cycle
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import nbformat
from queue_at_scale import fill

from jupyter_mlops.config import Settings
from jupyter_mlops.jobs.service import JobService

RESULTS = Path(__file__).parent / "results" / "event_loop.json"
GOAL_MS = 50.0
FIRST_ANSWER_S = 300  # MLflow makes its database
LONGEST = 5
BIG_NOTEBOOK_CELLS = 1_000

SOURCES = [f"import math\nx{n} = math.sqrt({n})\nprint(x{n})" for n in range(BIG_NOTEBOOK_CELLS)]
OPEN_CELLS = [{"id": f"cell-{n}", "source": source} for n, source in enumerate(SOURCES)]

Call = tuple[str, str, "dict[str, Any] | None"]
CALLS: list[Call] = [
    ("GET", "/runs?limit=25", None),
    ("GET", "/runs?limit=200", None),
    ("GET", "/runs?limit=200&state=failed", None),
    ("GET", "/jobs?limit=200", None),
    ("GET", "/status", None),
    ("GET", "/notebook?path=big.ipynb", None),
    ("POST", "/preflight", {"notebook": "big.ipynb"}),
    ("POST", "/session-state", {"notebook": "big.ipynb", "cells": OPEN_CELLS}),
    ("GET", "/executions?notebook=big.ipynb&limit=200", None),
    ("GET", "/schedule?cron=*/5%20*%20*%20*%20*&timezone=Europe/Berlin", None),
    ("GET", "/models", None),
    ("GET", "/gates", None),
    ("GET", "/notifications", None),
    ("GET", "/registrations", None),
    ("POST", "/jobs", {"notebook": "big.ipynb", "parameters": {"C": 2.0}}),
]


def main() -> None:
    """Measure, print and write `results/event_loop.json`."""
    arguments = _arguments()
    if arguments.serve:
        _serve(Path(arguments.serve), arguments.port)
        return
    folder = Path(tempfile.mkdtemp(prefix="mlops-bench-"))
    try:
        _prepare(folder, arguments.runs)
        measured = _measure(folder, arguments.clients, arguments.seconds)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    _report(measured)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=100_000)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--serve", help=argparse.SUPPRESS)
    parser.add_argument("--port", type=int, help=argparse.SUPPRESS)
    return parser.parse_args()


# --- the server ------------------------------------------------------------------------------------------


class Stopwatch:
    """Times each callback of this process's event loops; at SIGUSR2 it writes them down and begins anew."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._take: list[tuple[float, float, float, str]] = []
        self._loop = threading.get_ident()
        self._collecting = 0.0
        run = asyncio.Handle._run
        signal.signal(signal.SIGUSR2, lambda *_: self._write())
        gc.callbacks.append(self._collector)

        def timed(handle: asyncio.Handle) -> None:
            wall, cpu, self._collecting = time.perf_counter(), time.thread_time(), 0.0
            run(handle)
            taken = time.perf_counter() - wall
            if taken > 0.001:
                spent = time.thread_time() - cpu
                self._take.append((1e3 * taken, 1e3 * spent, 1e3 * self._collecting, repr(handle)))

        asyncio.Handle._run = timed  # type: ignore[method-assign]

    def _collector(self, phase: str, _: dict[str, int]) -> None:
        if threading.get_ident() == self._loop:
            self._collecting += time.thread_time() * (1 if phase == "stop" else -1)

    def _write(self) -> None:
        taken, self._take = self._take, []
        by_cpu = sorted(taken, key=lambda one: -one[1])[:LONGEST]
        facts = {
            "longest_ms": round(max((wall for wall, *_ in taken), default=0.0), 2),
            "longest_cpu_ms": round(by_cpu[0][1] if by_cpu else 0.0, 2),
            "above_goal": sum(cpu > GOAL_MS for _, cpu, *_ in taken),
            "above_goal_by_the_clock": sum(wall > GOAL_MS for wall, *_ in taken),
            "most_cpu": [
                {
                    "ms": round(wall, 2),
                    "cpu_ms": round(cpu, 2),
                    "collector_ms": round(collector, 2),
                    "what": what[:300],
                }
                for wall, cpu, collector, what in by_cpu
            ],
        }
        partial = self._path.with_suffix(".partial")
        partial.write_text(json.dumps(facts))
        partial.replace(self._path)


def _serve(folder: Path, port: int) -> None:
    from jupyter_server.serverapp import ServerApp

    Stopwatch(folder / "loop.json")
    root_argument = ["--allow-root"] if os.geteuid() == 0 else []
    ServerApp.launch_instance(
        [
            f"--ServerApp.root_dir={folder / 'root'}",
            f"--ServerApp.port={port}",
            "--ServerApp.port_retries=0",
            "--ServerApp.open_browser=False",
            "--IdentityProvider.token=",
            "--ServerApp.disable_check_xsrf=True",
            "--ServerApp.jpserver_extensions=jupyter_mlops=True",
            *root_argument,
        ]
    )


# --- its clients -----------------------------------------------------------------------------------------


def _prepare(folder: Path, runs: int) -> None:
    root = folder / "root"
    root.mkdir()
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell("C: float = 1.0", metadata={"tags": ["parameters"]})]
        + [nbformat.v4.new_code_cell(source) for source in SOURCES],
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
    )
    nbformat.write(notebook, root / "big.ipynb")
    os.environ["JUPYTER_MLOPS_DATA_DIR"] = str(folder / "data")
    settings = Settings.load()
    store = settings.open_store()
    try:
        fill(store, JobService(store, settings, root).root, runs, schedules=0)
    finally:
        store.close()


def _measure(folder: Path, clients: int, seconds: float) -> dict[str, Any]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with (folder / "server.log").open("wb") as log:
        server = subprocess.Popen(
            [sys.executable, __file__, "--serve", str(folder), "--port", str(port)], stdout=log, stderr=log
        )
    base = f"http://127.0.0.1:{port}/jupyter-mlops/api"
    try:
        _until_it_answers(server, base)
        for call in CALLS:  # what is loaded at its first use is no load
            _ask(base, call, 0)
        _taken(server, folder)
        time.sleep(seconds / 4)
        alone = _taken(server, folder)
        times = _load(base, clients, seconds)
        loaded = _taken(server, folder)
    finally:
        server.terminate()
        server.wait(30)
    return {"clients": clients, "seconds": seconds, "alone": alone, "loaded": loaded, "calls": times}


def _until_it_answers(server: subprocess.Popen[bytes], base: str) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            _ask(base, ("GET", "/status", None), 0)
            return
        except OSError:
            if server.poll() is not None or time.monotonic() > deadline:
                raise
            time.sleep(0.2)


def _taken(server: subprocess.Popen[bytes], folder: Path) -> dict[str, Any]:
    """What the server's stopwatch has seen since the last call."""
    path = folder / "loop.json"
    path.unlink(missing_ok=True)
    server.send_signal(signal.SIGUSR2)
    while not path.exists():
        time.sleep(0.01)
    facts: dict[str, Any] = json.loads(path.read_text())
    return facts


def _load(base: str, clients: int, seconds: float) -> dict[str, Any]:
    times: dict[str, list[float]] = defaultdict(list)
    until = time.monotonic() + seconds

    def client(number: int) -> None:
        calls = cycle(CALLS[number:] + CALLS[:number])
        while time.monotonic() < until:
            call = next(calls)
            began = time.perf_counter()
            _ask(base, call, number)
            times[f"{call[0]} {call[1]}"].append(1e3 * (time.perf_counter() - began))

    with ThreadPoolExecutor(clients) as pool:
        for ended in [pool.submit(client, number) for number in range(clients)]:
            ended.result()
    return {
        call: {
            "count": len(took),
            "median_ms": round(statistics.median(took), 1),
            "max_ms": round(max(took), 1),
        }
        for call, took in sorted(times.items())
    }


def _ask(base: str, call: Call, number: int) -> None:
    method, path, body = call
    if path == "/jobs" and body is not None:
        body = {**body, "name": f"of client {number}"}
    request = Request(
        base + path,
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Content-Type": "application/json"},
    )
    try:
        with urlopen(request, timeout=FIRST_ANSWER_S) as answer:
            answer.read()
    except HTTPError as error:
        raise RuntimeError(f"{method} {path}: {error.code} {error.read()[:500]!r}") from error


def _report(measured: dict[str, Any]) -> None:
    result = {
        "measured_at": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "machine": {"cpus": os.cpu_count(), "python": platform.python_version(), "load": os.getloadavg()[0]},
        "goal_ms": GOAL_MS,
        **measured,
    }
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(result, indent=2) + "\n")
    count = sum(call["count"] for call in measured["calls"].values())
    print(f"{count} requests of {measured['clients']} clients in {measured['seconds']:.0f} s")
    for name in ("alone", "loaded"):
        facts = measured[name]
        print(
            f"  {name:7} longest callback {facts['longest_ms']:7.1f} ms, "
            f"of CPU {facts['longest_cpu_ms']:6.1f} ms (goal {GOAL_MS:.0f}); above it: "
            f"{facts['above_goal_by_the_clock']}, by CPU {facts['above_goal']}"
        )
        for one in facts["most_cpu"][:3]:
            print(f"          {one['cpu_ms']:6.1f} ms CPU: {one['what'][:110]}")
    print(f"  written: {RESULTS}")


if __name__ == "__main__":
    main()
