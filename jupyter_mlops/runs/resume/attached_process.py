"""The process of a kept kernel, for whoever attaches to it."""

from __future__ import annotations

import psutil

from jupyter_mlops.runs.resume.records import ProcessMark


class AttachedProcess:
    """What is asked of a kernel's process, of one that is no child of ours."""

    def __init__(self, mark: ProcessMark) -> None:
        self.pid = mark.pid
        self._mark = mark

    def poll(self) -> int | None:
        """None while it is there."""
        return None if self._mark.is_alive else -1

    def send_signal(self, number: int) -> None:
        """Send it a signal."""
        psutil.Process(self.pid).send_signal(number)
