"""From what is heard of one kernel process, in the order it is heard, to the executions of its cells.

Pure: no clock, no socket, no store. Requests and replies come from the tap on websockets, the rest from the
kernel's iopub channel; the two are not ordered among themselves, and either may be missing.
"""

from __future__ import annotations

from collections import OrderedDict

from jupyter_mlops.capture.listener.cell_run import CellRun
from jupyter_mlops.capture.listener.messages import Heard, Moment, Reply, Request

KINDS = frozenset({"status", "execute_input", "stream", "display_data", "execute_result", "error"})
MAX_REMEMBERED = 500
"""Executions kept after their end, for output that comes late."""


class KernelLife:
    """The executions of one kernel process."""

    def __init__(self) -> None:
        self._runs: OrderedDict[str, CellRun] = OrderedDict()
        self._changed: dict[str, CellRun] = {}
        self._seq = 0
        self._failed: str | None = None
        self._interrupted: Moment | None = None

    def take_changed(self) -> list[CellRun]:
        """The executions that changed since the last call, oldest first."""
        changed, self._changed = list(self._changed.values()), {}
        return changed

    def ask(self, request: Request, at: Moment) -> None:
        """A request is on its way; blank ones run nothing."""
        if request.msg_id not in self._runs and request.code.strip():
            self._runs[request.msg_id] = CellRun.asked_for(request, at)
            self._forget_oldest()

    def hear(self, heard: Heard, at: Moment) -> None:
        """The kernel speaks on iopub."""
        run = self._runs.get(heard.msg_id)
        if heard.kind == "execute_input":
            self._begin(run, heard, at)
        elif run is None:
            return  # a silent or a blank one
        elif heard.kind == "status":
            self._hear_state(run, str(heard.content.get("execution_state")), at)
        else:
            if run.status == "queued":  # we came in the middle of it
                self._begin_unseen(run)
            if heard.kind != "error":
                run.note(heard)
            elif not run.has_ended:
                run.fail(heard.content)
            self._mark(run, at)

    def hear_reply(self, reply: Reply, at: Moment) -> None:
        """A reply passes by on its way to the front end."""
        run = self._runs.get(reply.msg_id)
        if run is None:
            return
        if reply.status == "aborted" and run.status == "queued":
            self._abort(run, at, after=self._running())  # replies may overtake what iopub tells
        elif run.seq and run.learn_reply(reply.status):
            self._mark(run, at)

    def interrupt(self, at: Moment) -> None:
        """Somebody interrupts the kernel."""
        self._interrupted = at

    def end(self, at: Moment) -> None:
        """The process is gone: what it ran has died, and what waited for it will not run."""
        last = self._running()
        for run in self._runs.values():
            if run.status == "running":
                run.close("kernel_died", at)
                run.closed_by = "listener"
                self._mark(run, at)
        for run in self._runs.values():
            if run.status == "queued":
                self._abort(run, at, after=last)

    def _running(self) -> str | None:
        """The request that is being executed, as far as is heard; the newest, where there are several."""
        return next((run.msg_id for run in reversed(self._runs.values()) if run.status == "running"), None)

    def _begin(self, run: CellRun | None, heard: Heard, at: Moment) -> None:
        if run is None:
            if not str(heard.content.get("code", "")).strip():
                return
            run = self._runs[heard.msg_id] = CellRun(heard.msg_id, heard.client)
            self._forget_oldest()
        if run.status != "queued":
            return
        self._abort_overtaken(run, at)
        self._seq += 1
        run.begin(heard, at, self._seq)
        self._mark(run, at)

    def _begin_unseen(self, run: CellRun) -> None:
        self._seq += 1
        run.seq = self._seq
        run.started = run.busy or run.asked
        run.status = "running"

    def _hear_state(self, run: CellRun, state: str, at: Moment) -> None:
        if state == "busy":
            run.busy = at
        elif state == "idle" and run.status == "running":
            self._end(run, at)
        elif state == "idle" and run.status == "queued":
            if run.busy is not None:  # taken up and given back without being executed
                self._abort(run, at)
            else:
                self._begin_unseen(run)
                self._end(run, at)

    def _end(self, run: CellRun, at: Moment) -> None:
        if self._interrupted is not None and run.started is not None:
            run.may_be_interrupted = self._interrupted.monotonic >= run.started.monotonic
        run.end(at)
        self._failed = None if run.status == "ok" else run.msg_id
        self._mark(run, at)

    def _abort_overtaken(self, beginning: CellRun, at: Moment) -> None:
        """A shell answers one front end in order: what it asked before this one, and never began, is off."""
        for run in list(self._runs.values()):
            if run is beginning:
                return
            if run.status == "queued" and run.client == beginning.client and _same_shell(run, beginning):
                self._abort(run, at)

    def _abort(self, run: CellRun, at: Moment, after: str | None = None) -> None:
        run.after = after or self._failed
        run.started = run.asked or at
        run.close("aborted", at)
        self._mark(run, at)

    def _mark(self, run: CellRun, at: Moment) -> None:
        run.heard = at
        self._changed[run.msg_id] = run

    def _forget_oldest(self) -> None:
        while len(self._runs) > MAX_REMEMBERED:
            oldest = next((run for run in self._runs.values() if run.has_ended), None)
            if oldest is None:
                return
            del self._runs[oldest.msg_id]


def _same_shell(one: CellRun, other: CellRun) -> bool:
    return one.in_main_shell and other.in_main_shell
