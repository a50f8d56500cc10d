"""The parent's side of a trial process: asks it, limits its time and memory, ends it with all it started."""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import psutil

from jupyter_mlops.models.trial import TrialError
from jupyter_mlops.readable import show_bytes, show_seconds

LOOK_EVERY_S = 0.2
SHARE_OF_MEMORY = 0.8
SECONDS = "JUPYTER_MLOPS_TRIAL_SECONDS"
MEMORY_MB = "JUPYTER_MLOPS_TRIAL_MEMORY_MB"


@dataclass(frozen=True)
class TrialLimits:
    """What a trial may use.

    Args:
        seconds: of each question: loading and predicting, and for the first one MLflow's import
            (`JUPYTER_MLOPS_TRIAL_SECONDS`; by default 300).
        memory_bytes: of the process and all that it started (`JUPYTER_MLOPS_TRIAL_MEMORY_MB`; by default
            four fifths of the machine's).
    """

    seconds: float
    memory_bytes: int

    @classmethod
    def load(cls, environ: Mapping[str, str] | None = None) -> TrialLimits:
        """Read the limits from an environment, the process's own by default."""
        env = os.environ if environ is None else environ
        megabytes = env.get(MEMORY_MB, "")
        seconds = env.get(SECONDS, "")
        return cls(
            float(seconds) if seconds.isdecimal() and int(seconds) else 300.0,
            int(megabytes) * 10**6
            if megabytes.isdecimal() and int(megabytes)
            else int(psutil.virtual_memory().total * SHARE_OF_MEMORY),
        )


class TrialChild:
    """One trial process, started at once.

    Args:
        command: what to start.
        environment: its variables.
        folder: it stands here.
        limits: when a question breaks one, the process is ended.
    """

    def __init__(
        self, command: Sequence[str], environment: Mapping[str, str], folder: Path | None, limits: TrialLimits
    ) -> None:
        self._limits = limits
        self._said = tempfile.TemporaryFile()  # noqa: SIM115 - it lives as long as the process
        self._lines: queue.Queue[bytes] = queue.Queue()
        self._number = 0
        try:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._said,
                env=dict(environment),
                cwd=folder,
                start_new_session=True,
            )
        except OSError as error:
            self._said.close()
            raise TrialError(f"The process that tries models out cannot be started: {error}.") from error
        assert self._process.stdout is not None
        self._reader = threading.Thread(target=self._read, args=(self._process.stdout,), daemon=True)
        self._reader.start()

    @property
    def is_alive(self) -> bool:
        """Whether it may be asked."""
        return self._process.poll() is None

    def ask(self, question: str, arguments: Mapping[str, Any]) -> Any:
        """Its answer.

        Raises:
            TrialError: it says that it cannot, it ended, or it broke a limit and was ended.
        """
        self._number += 1
        asked = {"id": self._number, "ask": question, "arguments": dict(arguments)}
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(asked).encode() + b"\n")
            self._process.stdin.flush()
        except OSError:
            raise self._ended() from None
        said = json.loads(self._answer())
        if "problem" in said:
            raise TrialError(said["problem"]["message"], hint=said["problem"]["hint"])
        return said["answer"]

    def end(self) -> None:
        """End it, and all that it started; twice is as good as once."""
        if self._process.poll() is None:
            self._kill()
        self._process.wait()
        self._reader.join()
        for pipe in (self._process.stdin, self._process.stdout):
            with suppress(OSError):
                assert pipe is not None
                pipe.close()
        self._said.close()

    def _read(self, stdout: IO[bytes]) -> None:
        for line in stdout:
            self._lines.put(line)
        self._lines.put(b"")

    def _answer(self) -> bytes:
        until = time.monotonic() + self._limits.seconds
        while True:
            try:
                line = self._lines.get(timeout=LOOK_EVERY_S)
            except queue.Empty:
                self._look(until)
                continue
            if not line:
                raise self._ended()
            return line

    def _look(self, until: float) -> None:
        """End it when it takes too long or too much."""
        limits = self._limits
        if time.monotonic() > until:
            self._kill()
            raise TrialError(
                f"It took longer than {show_seconds(limits.seconds)}, and was ended.",
                hint=f"Raise {SECONDS} if the model needs longer.",
            )
        held = self._memory()
        if held > limits.memory_bytes:
            self._kill()
            most = show_bytes(limits.memory_bytes)
            raise TrialError(
                f"It held {show_bytes(held)} of memory, more than {most}, and was ended.",
                hint=f"Raise {MEMORY_MB} if the model needs more.",
            )

    def _ended(self) -> TrialError:
        code = self._process.wait()
        how = f"was killed by {_signal_name(-code)}" if code < 0 else f"ended with the code {code}"
        lines = [line for line in self._last_words().splitlines() if line.strip()]
        why = f": {lines[-1].strip()[:300]}" if lines else "."
        hint = "Was there too little memory?" if code == -9 else None
        return TrialError(f"The process that tried the model out {how}{why}", hint=hint)

    def _last_words(self) -> str:
        end = self._said.seek(0, os.SEEK_END)
        self._said.seek(max(0, end - 4000))
        return self._said.read().decode("utf-8", "replace")

    def _tree(self) -> list[psutil.Process]:
        try:
            process = psutil.Process(self._process.pid)
            return [process, *process.children(recursive=True)]
        except psutil.Error:
            return []

    def _memory(self) -> int:
        total = 0
        for process in self._tree():
            with suppress(psutil.Error):
                total += process.memory_info().rss
        return total

    def _kill(self) -> None:
        for process in self._tree():  # also those that have left the group
            with suppress(psutil.Error):
                process.kill()
        if hasattr(os, "killpg"):
            with suppress(OSError):
                os.killpg(self._process.pid, signal.SIGKILL)


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
