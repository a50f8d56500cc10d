"""The kinds of fact that are measured around a cell, and how they are kept from disturbing it.

What is noted while a cell runs (files, MLflow) joins its frame as a gauge when there is something to note.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from jupyter_mlops.capture.kernel.data_frames import DataFrames
from jupyter_mlops.capture.kernel.gpu import GpuMemory
from jupyter_mlops.capture.kernel.packages import Packages
from jupyter_mlops.capture.kernel.resources import Resources
from jupyter_mlops.capture.options import CaptureOptions

if TYPE_CHECKING:
    from IPython.core.interactiveshell import ExecutionResult, InteractiveShell

    from jupyter_mlops.capture.kernel.frame import Frame, Gauge

MAX_ERRORS_IN_A_ROW = 10


class Gauges:
    """The gauges that are switched on. One that fails costs its own facts only, and is given up in the end.

    Args:
        gauges: in the order in which they end, and in the opposite of that in which they begin.
        count_error: called at each failure.
    """

    def __init__(self, gauges: list[Gauge], count_error: Callable[[], None]) -> None:
        self._gauges = tuple(gauges)
        self._beginning: list[Any] = [gauge for gauge in reversed(gauges) if hasattr(gauge, "begin")]
        self._count_error = count_error
        self._failures: dict[type[Gauge], int] = {}  # in a row

    def begin(self, frame: Frame) -> None:
        """Begin each gauge for an execution."""
        frame.gauges = self._gauges
        for gauge in self._beginning:
            try:
                gauge.begin(frame)
            except Exception:  # noqa: BLE001
                frame.gauges = _without(gauge, frame.gauges)
                self._failed(gauge, frame)

    def end(self, frame: Frame, result: ExecutionResult | None) -> dict[str, Any]:
        """What each gauge says that began, then what was noted; {} of most cells."""
        facts: dict[str, Any] = {}
        modules = len(sys.modules)
        for gauge in (*frame.gauges, *frame.notes) if frame.notes else frame.gauges:
            if gauge.idle_at == modules:
                continue
            try:
                found = gauge.end(frame, result)
            except Exception:  # noqa: BLE001
                self._failed(gauge, frame)
            else:
                if found:
                    facts.update(found)
                if self._failures:
                    self._failures.pop(type(gauge), None)
        return facts

    def _failed(self, gauge: Gauge, frame: Frame) -> None:
        kind = type(gauge)
        frame.drop(kind.__name__)
        self._count_error()
        self._failures[kind] = self._failures.get(kind, 0) + 1
        if self._failures[kind] >= MAX_ERRORS_IN_A_ROW:
            self._gauges = _without(gauge, self._gauges)
            self._beginning = [other for other in self._beginning if other is not gauge]


def _without(gauge: Gauge, gauges: tuple[Gauge, ...]) -> tuple[Gauge, ...]:
    return tuple(other for other in gauges if other is not gauge)


def make_gauges(ip: InteractiveShell, options: CaptureOptions, to_json: Callable[[Any], str]) -> list[Gauge]:
    """The gauges that options ask for.

    `to_json` writes a value without secrets, for the gauge that writes its facts itself.

    Resources end first and begin last, so that what the other gauges use is not the cell's.
    """
    gauges: list[tuple[bool, Callable[[], Gauge]]] = [
        (True, lambda: Resources(peak=options.memory_peak and sys.platform == "linux")),
        (options.gpu, GpuMemory),
        (options.frames != "off", lambda: DataFrames(ip, to_json, hashed=options.frames == "hash")),
        (options.packages, Packages),
    ]
    return [make() for wanted, make in gauges if wanted]
