"""Asking the tracking server from the Jupyter server: without MLflow in it, and without waiting for long."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from jupyter_mlops.config import Settings
from jupyter_mlops.errors import (
    BadInputError,
    ConflictError,
    MlopsError,
    NotFoundError,
    OutsideRootError,
    TrackingUnavailableError,
)

ANSWER_WITHIN_S = 20.0
START_WITHIN_S = 180.0
ASK_AGAIN_AFTER_S = 15.0
LET_GO_AFTER_S = 300.0
ACT_WITHIN_S = 60.0
_SEE_DOCTOR = "See `jupyter mlops doctor` for the tracking server in use."
_KINDS: dict[int, type[MlopsError]] = {
    kind.status: kind for kind in (BadInputError, NotFoundError, ConflictError, OutsideRootError)
}
MAX_KEPT_ANSWERS = 200


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
    Jupyter server nothing. A process that is still starting is left to it: MLflow may be making its database.

    Args:
        settings: which tracking server.
        module: the process's own; one that can do more than answer serves `act` as well.
    """

    def __init__(self, settings: Settings, module: str = "jupyter_mlops.tracking.process") -> None:
        self._settings = settings
        self._module = module
        self._process: asyncio.subprocess.Process | None = None
        self._ready: asyncio.Task[bytes] | None = None
        self._started_at = 0.0
        self._lock = asyncio.Lock()
        self._last: dict[str, Answer] = {}
        self._closed_until = 0.0
        self._problem = ""
        self._next_id = 0
        self._let_go: asyncio.TimerHandle | None = None

    async def ask(self, question: str, **arguments: str) -> Answer:
        """The newest answer to a question, at once when the tracking server is known to be down."""
        asked = json.dumps({"ask": question, "arguments": arguments}, sort_keys=True)
        async with self._lock:
            last = self._last.get(asked, Answer(None, None, None))
            if time.monotonic() < self._closed_until:
                return Answer(last.value, last.answered_at, self._problem)
            try:
                if not await self._is_ready():
                    return Answer(
                        last.value, last.answered_at, "MLflow is still starting; ask again shortly."
                    )
                said = await asyncio.wait_for(self._ask_process(question, arguments), ANSWER_WITHIN_S)
            except asyncio.TimeoutError:
                self.close()
                said = {"problem": f"The tracking server did not answer within {ANSWER_WITHIN_S:.0f} s."}
            except (OSError, ValueError) as error:
                self.close()
                said = {"problem": f"The tracking process ended: {error}"}
            if "problem" in said:
                self._closed_until = time.monotonic() + ASK_AGAIN_AFTER_S
                self._problem = said["problem"]
                answer = Answer(last.value, last.answered_at, self._problem)
            else:
                answer = Answer(said["answer"], datetime.now(timezone.utc), None)
            self._last.pop(asked, None)
            self._last[asked] = answer
            if len(self._last) > MAX_KEPT_ANSWERS:
                del self._last[next(iter(self._last))]
            return answer

    async def act(self, action: str, **arguments: str | None) -> Any:
        """Have something done, and answer with what came of it; nothing of it is remembered.

        Raises:
            MlopsError: it is refused, in the words of who does it.
            TrackingUnavailableError: the tracking server does not answer; it may be done all the same.
        """
        async with self._lock:
            try:
                while not await self._is_ready():
                    continue
                said = await asyncio.wait_for(self._ask_process(action, arguments), ACT_WITHIN_S)
            except asyncio.TimeoutError:
                self.close()
                said = {"problem": f"The tracking server did not answer within {ACT_WITHIN_S:.0f} s."}
            except (OSError, ValueError) as error:
                self.close()
                said = {"problem": f"The tracking process ended: {error}"}
        if (refused := said.get("refused")) is not None:
            kind = _KINDS.get(refused["status"], TrackingUnavailableError)
            raise kind(refused["message"], field=refused["field"], hint=refused["hint"], code=refused["code"])
        if "problem" in said:
            raise TrackingUnavailableError(said["problem"], field="tracking_uri", hint=_SEE_DOCTOR)
        return said["answer"]

    async def stop(self) -> None:
        """End the tracking process, and wait until it has ended."""
        process = self._process
        self.close()
        if process is not None:
            await process.communicate()  # its pipes are closed before the event loop is

    def close(self) -> None:
        """End the tracking process."""
        if self._let_go is not None:
            self._let_go.cancel()
        if self._ready is not None:
            self._ready.cancel()
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
        self._process = None

    async def _is_ready(self) -> bool:
        """Whether the process has loaded what it needs; raises TimeoutError when it never will."""
        process = await self._running_process()
        assert process.stdout is not None
        if self._ready is None:
            self._ready = asyncio.ensure_future(process.stdout.readline())
        try:
            line = await asyncio.wait_for(asyncio.shield(self._ready), ANSWER_WITHIN_S)
        except asyncio.TimeoutError:
            if time.monotonic() - self._started_at > START_WITHIN_S:
                raise
            return False
        if not line:
            raise OSError("it could not start; see `jupyter mlops doctor`")
        return True

    async def _ask_process(self, question: str, arguments: Mapping[str, str | None]) -> dict[str, Any]:
        process = await self._running_process()
        assert process.stdin is not None and process.stdout is not None
        self._next_id += 1
        asked = {"id": self._next_id, "ask": question, "arguments": arguments}
        process.stdin.write(json.dumps(asked).encode() + b"\n")
        await process.stdin.drain()
        line = await process.stdout.readline()
        if not line:
            raise OSError("it gave no answer")
        self._let_go_later()
        said: dict[str, Any] = json.loads(line)
        return said

    async def _running_process(self) -> asyncio.subprocess.Process:
        if self._process is None or self._process.returncode is not None:
            self._ready, self._started_at = None, time.monotonic()
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                self._module,
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
