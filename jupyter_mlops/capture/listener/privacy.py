"""What the listener leaves out: the recorder's options and redaction, for what is heard instead."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from jupyter_mlops.capture.listener.cell_run import CellRun
from jupyter_mlops.capture.listener.messages import Heard, Request
from jupyter_mlops.capture.options import SKIP_MAGIC, SKIP_TAG, VARIABLE, CaptureOptions
from jupyter_mlops.capture.redaction import Redactor


class Privacy:
    """Takes out of messages what is not to be kept, before anything is made of them.

    Args:
        environ: says what is captured (`JUPYTER_MLOPS_CAPTURE`) and has secrets that are known by value.
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        try:
            self.options = CaptureOptions.parse(environ.get(VARIABLE))
        except ValueError:
            self.options = CaptureOptions(
                source="hash", outputs="off", traceback=False
            )  # as little as possible
        self._redactor = Redactor(environ)

    @property
    def keeps_text(self) -> bool:
        """Whether sources are kept, or only their hashes."""
        return self.options.source == "text"

    def wants(self, run: CellRun) -> bool:
        """Whether an execution is to be recorded at all."""
        is_marked = SKIP_TAG in run.tags or run.code.lstrip().startswith(SKIP_MAGIC)
        return self.options.enabled and not is_marked

    def clean_request(self, request: Request) -> Request:
        """A request without secrets. The hash is of this text: that of the other would let one be guessed."""
        return replace(request, code=self._redactor.source(request.code))

    def clean_heard(self, heard: Heard) -> Heard:
        """What a kernel said, without secrets and without what is not captured."""
        content: dict[str, Any] = {}
        if heard.kind == "execute_input":
            content = {"code": self._redactor.source(str(heard.content.get("code", "")))}
        elif heard.kind == "error":
            keeps_traceback = self.options.traceback and self.keeps_text
            lines = heard.content.get("traceback") or () if keeps_traceback else ()
            content = {
                "evalue": self._redactor.source(str(heard.content.get("evalue", ""))),
                "traceback": [self._redactor.source(str(line)) for line in lines],
            }
        elif "data" in heard.content and self.options.outputs == "off":
            content = {"data": {}}
        return replace(heard, content={**heard.content, **content}) if content else heard
