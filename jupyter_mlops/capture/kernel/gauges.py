"""The kinds of fact that are measured around a cell, and how they are kept from disturbing it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

from jupyter_mlops.capture.kernel.data_frames import DataFrames
from jupyter_mlops.capture.kernel.files import Files
from jupyter_mlops.capture.kernel.gpu import GpuMemory
from jupyter_mlops.capture.kernel.mlflow_notes import MlflowNotes
from jupyter_mlops.capture.kernel.packages import Packages
from jupyter_mlops.capture.kernel.resources import Resources
from jupyter_mlops.capture.options import CaptureOptions

if TYPE_CHECKING:
    from IPython.core.interactiveshell import ExecutionResult, InteractiveShell

    from jupyter_mlops.capture.facts import Frame

MAX_ERRORS_IN_A_ROW = 10


class Gauge(Protocol):
    """One kind of fact."""

    def begin(self, frame: Frame) -> Any:
        """Start measuring; what it returns is given back to `end`."""

    def end(self, frame: Frame, begun: Any, result: ExecutionResult | None) -> dict[str, Any]:
        """The facts, by their names in the end line. What is left out of them is told by `frame.drop`."""


class Gauges:
    """The gauges that are switched on. One that fails costs its own facts only, and is given up in the end.

    Args:
        gauges: in the order in which they begin; they end in the opposite one.
        count_error: called at each failure.
    """

    def __init__(self, gauges: list[Gauge], count_error: Callable[[], None]) -> None:
        self._gauges = gauges
        self._count_error = count_error
        self._failures: dict[Gauge, int] = {}

    def begin(self, frame: Frame) -> None:
        """Begin each gauge for an execution."""
        for gauge in self._gauges:
            try:
                begun = gauge.begin(frame)
            except Exception:  # noqa: BLE001
                self._failed(gauge, frame)
            else:
                frame.gauged.append((gauge, begun))

    def end(self, frame: Frame, result: ExecutionResult | None) -> dict[str, Any]:
        """What each gauge that began says."""
        facts: dict[str, Any] = {}
        for gauge, begun in reversed(frame.gauged):
            try:
                facts.update(gauge.end(frame, begun, result))
                self._failures.pop(gauge, None)
            except Exception:  # noqa: BLE001
                self._failed(gauge, frame)
        return facts

    def _failed(self, gauge: Gauge, frame: Frame) -> None:
        frame.drop(type(gauge).__name__)
        self._count_error()
        self._failures[gauge] = self._failures.get(gauge, 0) + 1
        if self._failures[gauge] >= MAX_ERRORS_IN_A_ROW and gauge in self._gauges:
            self._gauges.remove(gauge)


def make_gauges(ip: InteractiveShell, options: CaptureOptions, own_folder: str) -> list[Gauge]:
    """The gauges that options ask for; files below `own_folder` are not the user's.

    Resources come last, so that what the other gauges use is not the cell's.
    """
    gauges: list[tuple[bool, Callable[[], Gauge]]] = [
        (options.packages, Packages),
        (options.frames != "off", lambda: DataFrames(ip, hashed=options.frames == "hash")),
        (options.gpu, GpuMemory),
        (options.mlflow, MlflowNotes),
        (options.files, lambda: Files(own_folder)),
        (True, lambda: Resources(peak=options.memory_peak and sys.platform == "linux")),
    ]
    return [make() for wanted, make in gauges if wanted]
