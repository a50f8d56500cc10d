"""The processes of one data folder: workers, runners, kernels, and whatever those started."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from pathlib import Path

import psutil
from waiting import wait_until

from jupyter_mlops.config import DATA_DIR


def processes_of(data_dir: Path) -> list[psutil.Process]:
    """All living processes that were started for this data folder, this one excepted."""
    found = []
    for process in psutil.process_iter():
        try:
            ours = process.environ().get(DATA_DIR) == str(data_dir)
            if ours and process.pid != os.getpid() and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except psutil.Error:
            continue
    return found


def modules_of(data_dir: Path) -> dict[str, list[psutil.Process]]:
    """The same by what they are: `worker_main`, `runner`, `ipykernel_launcher`, else the command."""
    found: dict[str, list[psutil.Process]] = {}
    for process in processes_of(data_dir):
        try:
            words = process.cmdline()
        except psutil.Error:
            continue
        found.setdefault(_module(words), []).append(process)
    return found


def kill(processes: list[psutil.Process]) -> None:
    """Kill them, one after the other (some take others of them along), and wait until they are dead."""
    assert processes
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    wait_until(lambda: all(map(_is_dead, processes)), 30, "what was killed is dead")


def _is_dead(process: psutil.Process) -> bool:
    try:
        return bool(process.status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True


def _module(words: list[str]) -> str:
    if "-m" in words:
        return words[words.index("-m") + 1].rpartition(".")[2]
    return "worker_main" if any("worker_main" in word for word in words) else " ".join(words[:2])


def end_processes(data_dir: Path, within_s: float = 60.0) -> None:
    """Stop the workers as their user would, and assert that nothing of theirs is left."""
    for worker in modules_of(data_dir).get("worker_main", []):
        for _asked_twice in range(2):  # the second time it does not wait for the runs under way
            _terminate(worker)
            time.sleep(0.05)  # two signals at once would arrive as one
    try:
        wait_until(lambda: not processes_of(data_dir), within_s, "every process ends with its worker")
    finally:
        for process in processes_of(data_dir):
            process.kill()


def _terminate(process: psutil.Process) -> None:
    try:
        process.send_signal(signal.SIGTERM)
    except psutil.NoSuchProcess:
        return
