"""Kill real kernels at random moments, and count the acknowledged cells that their journals have lost.

    python benchmarks/journal_kills.py [--kills 300] [--seed 1]

Acknowledged is a cell whose reply the client got. Each kernel gets cells as fast as it answers, and SIGKILL
at a moment drawn at random; then its journal is read as the ingester reads it. The figures go to
`results/journal_kills.json`; exit code 1 when anything was lost.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import sys
import tempfile
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone
from pathlib import Path
from queue import Empty
from typing import Any

from measured_kernel import LOAD, REPOSITORY, MeasuredKernel

sys.path.insert(0, str(REPOSITORY))

RESULT = Path(__file__).parent / "results" / "journal_kills.json"
LONGEST_S = 0.6
CELLS = ("x = {n}", "print('n' * {n})", "blob = '{n}' + '" + "x" * 3000 + "'", "1 / 0", "[{n}] * 50")


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kills", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    total = kill_many(options.kills, options.seed)
    figures = {
        "at": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "load": os.getloadavg()[0],
        "kills": options.kills,
        **total,
    }
    print(json.dumps(figures, indent=1))
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(figures, indent=1) + "\n")
    return 1 if total["lost"] else 0


def kill_many(kills: int, seed: int) -> dict[str, int]:
    """Kill that many kernels, two at a time.

    Returns:
        `acknowledged` cells, those of them `lost`, journals with a `torn` last line, cells `begun` and never
        ended, and kernels killed after they had `answered` at least one.
    """
    moments = random.Random(seed)
    after = [moments.uniform(0, LONGEST_S) for _ in range(kills)]
    total: Counter[str] = Counter(acknowledged=0, lost=0, torn=0, begun=0, answered=0)
    with tempfile.TemporaryDirectory(prefix="journal-kills-") as temporary, ThreadPoolExecutor(2) as pool:
        folders = [Path(temporary) / str(number) for number in range(kills)]
        for counts in pool.map(kill_one, folders, after):
            total.update(counts)
    return dict(total)


def kill_one(folder: Path, after_s: float) -> dict[str, int]:
    """Start a kernel, send it cells, kill it after some seconds, and compare its journal with its replies."""
    kernel = MeasuredKernel(folder, LOAD)
    timer = threading.Timer(after_s, os.kill, (kernel.pid, signal.SIGKILL))
    timer.start()
    acknowledged = []
    try:
        for number in range(100_000):
            msg_id = kernel.send(CELLS[number % len(CELLS)].format(n=number))
            if not answers(kernel, msg_id, timer):
                break
            acknowledged.append(msg_id)
    finally:
        timer.join()
        kernel.stop()
    return compare(folder / "journals", acknowledged)


def answers(kernel: MeasuredKernel, msg_id: str, timer: threading.Timer) -> bool:
    """Whether the reply comes; not once the kernel is dead and what it had sent was taken.

    Raises:
        RuntimeError: the cell was not executed, so that nothing can be learned of its record.
    """
    while True:
        killed = not timer.is_alive()
        try:
            status = kernel.reply(msg_id, timeout=0.2)["status"]
            if status == "aborted":
                raise RuntimeError("a cell was aborted: is stop_on_error off?")
        except Empty:
            if killed:
                return False
        else:
            return True


def compare(journals: Path, acknowledged: list[str]) -> dict[str, int]:
    """What a journal lacks of the cells that were answered."""
    (journal,) = journals.glob("*.jsonl")
    data = journal.read_bytes()
    lines: list[dict[str, Any]] = [json.loads(line) for line in data[: data.rfind(b"\n") + 1].splitlines()]
    begun = {line["exec_id"]: line["msg_id"] for line in lines if line["ph"] == "B"}
    ended = {begun[line["exec_id"]] for line in lines if line["ph"] == "E"}
    return {
        "acknowledged": len(acknowledged),
        "lost": len(set(acknowledged) - ended),
        "torn": int(not data.endswith(b"\n")),
        "begun": len(begun) - len(ended),
        "answered": int(bool(acknowledged)),
    }


if __name__ == "__main__":
    sys.exit(main())
