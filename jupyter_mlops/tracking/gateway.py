"""Asking the tracking server from the Jupyter server: without MLflow in it, and without waiting for long."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from jupyter_mlops.config import Settings

ANSWER_WITHIN_S = 20.0
ASK_AGAIN_AFTER_S = 15.0
LET_GO_AFTER_S = 300.0


@dataclass(frozen=True)
class Answer:
    """The newest answer there is.

    Args:
        value: None when there never was one.
        answered_at: when the tracking server said so.
        problem: why there is no newer one, None when this is the newest.
    """

    value: Any
    answered_at: datetime | None
    problem: str | None


class TrackingGateway:
    """Asks the tracking process, which is started at the first question and let go after five idle minutes.

    A question without an answer in 20 s ends the process (whatever hangs in it), gives the last answer
    with the reason why it is not newer, and is not asked again for 15 s: a dead tracking server costs the
    Jupyter server nothing.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._process: asyncio.subprocess.Process | None = None
        self._lock = asyncio.Lock()
        self._last: dict[str, Answer] = {}
        self._closed_until = 0.0
        self._next_id = 0
        self._let_go: asyncio.TimerHandle | None = None

    async def ask(self, question: str) -> Answer:
        """The newest answer to a question, at once when the tracking server is known to be down."""
        last = self._last.get(question, Answer(None, None, None))
        if time.monotonic() < self._closed_until:
            return last
        async with self._lock:
            try:
                said = await asyncio.wait_for(self._ask_process(question), ANSWER_WITHIN_S)
            except asyncio.TimeoutError:
                self.close()
                said = {"problem": f"The tracking server did not answer within {ANSWER_WITHIN_S:.0f} s."}
            except (OSError, ValueError) as error:
                self.close()
                said = {"problem": f"The tracking process ended: {error}"}
        if "problem" in said:
            self._closed_until = time.monotonic() + ASK_AGAIN_AFTER_S
            answer = Answer(last.value, last.answered_at, said["problem"])
        else:
            answer = Answer(said["answer"], datetime.now(timezone.utc), None)
        self._last[question] = answer
        return answer

    def close(self) -> None:
        """End the tracking process."""
        if self._let_go is not None:
            self._let_go.cancel()
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
        self._process = None

    async def _ask_process(self, question: str) -> dict[str, Any]:
        process = await self._running_process()
        assert process.stdin is not None and process.stdout is not None
        self._next_id += 1
        process.stdin.write(json.dumps({"id": self._next_id, "ask": question}).encode() + b"\n")
        await process.stdin.drain()
        line = await process.stdout.readline()
        if not line:
            raise OSError("it gave no answer")
        self._let_go_later()
        said: dict[str, Any] = json.loads(line)
        return said

    async def _running_process(self) -> asyncio.subprocess.Process:
        if self._process is None or self._process.returncode is not None:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "jupyter_mlops.tracking.process",
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                env={**os.environ, **self._settings.process_environment()},
                limit=64 * 2**20,
            )
        return self._process

    def _let_go_later(self) -> None:
        if self._let_go is not None:
            self._let_go.cancel()
        self._let_go = asyncio.get_running_loop().call_later(LET_GO_AFTER_S, self.close)
