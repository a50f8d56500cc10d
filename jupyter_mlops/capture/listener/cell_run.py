"""One execution of one cell, as the server hears of it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from jupyter_mlops.capture.cell_identity import PARAMETERS_TAG, hash_source
from jupyter_mlops.capture.facts import MAX_MESSAGE
from jupyter_mlops.capture.listener.messages import Heard, Moment, Request
from jupyter_mlops.capture.listener.outputs import add_output

MAX_TRACEBACK = 20_000  # characters
_ANSI = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")
_INTERRUPTS = frozenset({"KeyboardInterrupt", "CancelledError", "InterruptedError"})


@dataclass
class Printed:
    """Bytes printed, in UTF-8."""

    stdout: int = 0
    stderr: int = 0


@dataclass
class CellRun:
    """What is known of an execution so far.

    Attributes:
        msg_id: the request that it answers.
        client: who asked.
        asked: when the server passed the request on; None when it came another way.
        started: when the kernel began it; None when it never did.
        status: `queued`, then as in the REST interface.
        seq: its place among the executions of this kernel's life, from 1; 0 when it never ran.
        late: what came after its end.
        after: the execution whose failure kept this one from running.
        closed_by: `listener` when its end is what the server saw, not what the kernel said.
        heard: when the last was heard of it.
        reply_status: what the kernel answered, if that was seen; iopub does not carry it.
        may_be_interrupted: somebody interrupted the kernel during it.
    """

    msg_id: str
    client: str
    code: str = ""
    cell_id: str | None = None
    tags: tuple[str, ...] = ()
    in_main_shell: bool = True
    asked: Moment | None = None
    busy: Moment | None = None
    started: Moment | None = None
    ended: Moment | None = None
    status: str = "queued"
    seq: int = 0
    execution_count: int | None = None
    error_name: str | None = None
    error_message: str | None = None
    traceback: str | None = None
    printed: Printed = field(default_factory=Printed)
    late: Printed = field(default_factory=Printed)
    outputs: list[dict[str, Any]] = field(default_factory=list)
    after: str | None = None
    closed_by: str | None = None
    heard: Moment | None = None
    reply_status: str | None = None
    may_be_interrupted: bool = False

    @classmethod
    def asked_for(cls, request: Request, at: Moment) -> CellRun:
        """A request on its way."""
        return cls(
            request.msg_id,
            request.client,
            code=request.code,
            cell_id=request.cell_id,
            tags=request.tags,
            in_main_shell=request.in_main_shell,
            asked=at,
        )

    @property
    def has_ended(self) -> bool:
        """Whether its status is final."""
        return self.status not in {"queued", "running"}

    @property
    def cell_key(self) -> tuple[str, str]:
        """The kind of key and the key, as the recorder forms them."""
        if PARAMETERS_TAG in self.tags:
            return "tag", PARAMETERS_TAG
        return ("id", self.cell_id) if self.cell_id else ("source", self.source_sha)

    @property
    def source_sha(self) -> str:
        """The hash of its text, as the recorder forms it."""
        return hash_source(self.code)

    @property
    def duration_s(self) -> float | None:
        """From start to end."""
        if self.started is None or self.ended is None or not self.seq:
            return None
        return self.ended.monotonic - self.started.monotonic

    def begin(self, heard: Heard, at: Moment, seq: int) -> None:
        """The kernel says that it executes this text now."""
        self.code = str(heard.content.get("code", self.code))
        self.execution_count = _count(heard.content.get("execution_count"))
        self.started = self.busy or at
        self.status = "running"
        self.seq = seq

    def fail(self, content: dict[str, Any]) -> None:
        """The kernel reports an error."""
        self.error_name = plain(content.get("ename")) or "Error"  # bash says only the exit code
        self.error_message = plain(content.get("evalue"))[:MAX_MESSAGE]
        lines = content.get("traceback") or ()
        self.traceback = plain("\n".join(str(line) for line in lines))[-MAX_TRACEBACK:] or None

    def note(self, heard: Heard) -> None:
        """Count an output."""
        if heard.kind == "stream":
            printed = self.late if self.has_ended else self.printed
            size = len(str(heard.content.get("text", "")).encode("utf-8", "surrogatepass"))
            if heard.content.get("name") == "stderr":
                printed.stderr += size
            else:
                printed.stdout += size
        else:
            add_output(self.outputs, heard.content.get("data") or {})

    def end(self, at: Moment) -> None:
        """The kernel is done with it."""
        self.ended = at
        self._judge()

    def learn_reply(self, status: str) -> bool:
        """Take in the kernel's answer; whether that changes anything."""
        self.reply_status = status
        before = self.status
        if self.status in {"ok", "interrupted"}:
            self._judge()
        return self.status != before

    def _judge(self) -> None:
        if self.error_name is not None:
            self.status = "interrupted" if self.error_name in _INTERRUPTS else "error"
        elif self.reply_status == "abort" or (self.may_be_interrupted and self.reply_status is None):
            self.status = "interrupted"  # bash and R say so in their reply only
        else:
            self.status = "ok"

    def close(self, status: str, at: Moment) -> None:
        """It ended without a word of the kernel's."""
        self.status = status
        self.ended = at


def plain(text: Any) -> str:
    """Text without terminal colours, fit for every database (no NUL, no lone surrogate)."""
    clean = _ANSI.sub("", str(text or ""))
    return clean.encode("utf-8", "replace").decode().replace("\0", "\N{REPLACEMENT CHARACTER}")


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) and value > 0 else None
