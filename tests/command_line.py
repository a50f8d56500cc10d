"""The command line as a user calls it: a process of its own, on a workbench's folder and store."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from typing import IO, Any

from forked_processes import COMMAND_LINE
from workbench import Workbench

ENDS_WITHIN_S = 300  # a busy machine


@dataclass(frozen=True)
class CommandLine:
    """`jupyter mlops` in the workbench's root."""

    bench: Workbench

    def start(self, *words: str, **streams: IO[Any] | int) -> subprocess.Popen[str]:
        """Start it as a user's shell does, for a test that talks to it while it runs."""
        return subprocess.Popen(
            [sys.executable, "-m", "jupyter_mlops.cli", *words],
            cwd=self.bench.root,
            env=self._environment(),
            text=True,
            **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **streams},  # type: ignore[arg-type]
        )

    def call(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Call it and wait for its end, with its libraries loaded beforehand."""
        return subprocess.run(
            [sys.executable, "-m", COMMAND_LINE, *words],
            cwd=self.bench.root,
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=ENDS_WITHIN_S,
            check=False,
        )

    def json(self, *words: str, code: int = 0) -> Any:
        """What a command answers with `--json`: exactly one object."""
        done = self.call(*words, "--json")
        assert done.returncode == code, done.stderr
        assert done.stdout.count("\n") == 1
        return json.loads(done.stdout)

    def _environment(self) -> dict[str, str]:
        return {**_without_settings(), **self.bench.settings.process_environment(), "COLUMNS": "200"}


def _without_settings() -> dict[str, str]:
    ours = ("JUPYTER_MLOPS_", "MLFLOW_", "_MLFLOW_")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)}
