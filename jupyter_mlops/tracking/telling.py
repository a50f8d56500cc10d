"""What an MLflow run is told of its end, or of what was found out after it."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Telling:
    """What one MLflow run is told; what is left out is not told.

    Attributes:
        tracking_uri: of the server that knows the run.
        records: its cell executions, which become the artifact `mlops/cells.jsonl`.
        params: of these, those that the run does not have yet.
        files: paths of files that become artifacts, each with the artifacts' folder.
        status: how the run ended, in MLflow's words.
        at_ms: when this was so, in milliseconds since the epoch: the run's end, where there is a status.
        attempt_id: of an attempt whose kernel is gone: the MLflow runs that it left running end likewise.
    """

    run_id: str
    tracking_uri: str
    tags: Mapping[str, str] = field(default_factory=dict)
    records: Sequence[Mapping[str, Any]] | None = None
    params: Mapping[str, Any] = field(default_factory=dict)
    files: Sequence[tuple[str, str]] = ()
    status: str | None = None
    at_ms: int = field(default_factory=lambda: time.time_ns() // 10**6)
    attempt_id: str | None = None
