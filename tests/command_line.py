"""The command line as a user calls it: a process of its own, on a workbench's folder and store."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from typing import IO, Any

from workbench import Workbench

ENDS_WITHIN_S = 300  # a busy machine


@dataclass(frozen=True)
class CommandLine:
    """`jupyter mlops` in the workbench's root."""

    bench: Workbench

    def start(self, *words: str, **streams: IO[Any] | int) -> subprocess.Popen[str]:
        ours = ("JUPYTER_MLOPS_", "MLFLOW_", "_MLFLOW_")
        clean = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
        return subprocess.Popen(
            [sys.executable, "-m", "jupyter_mlops.cli", *words],
            cwd=self.bench.root,
            env={**clean, **self.bench.settings.process_environment(), "COLUMNS": "200"},
            text=True,
            **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **streams},  # type: ignore[arg-type]
        )

    def call(self, *words: str) -> subprocess.CompletedProcess[str]:
        process = self.start(*words)
        stdout, stderr = process.communicate(timeout=ENDS_WITHIN_S)
        return subprocess.CompletedProcess(words, process.returncode, stdout, stderr)

    def json(self, *words: str, code: int = 0) -> Any:
        """What a command answers with `--json`: exactly one object."""
        done = self.call(*words, "--json")
        assert done.returncode == code, done.stderr
        assert done.stdout.count("\n") == 1
        return json.loads(done.stdout)
