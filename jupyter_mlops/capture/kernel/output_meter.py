"""How much each cell prints, and what it shows, counted where the kernel sends it. Standard library only."""

from __future__ import annotations

import binascii
import hashlib
import json
import sys
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

MAX_OUTPUTS = 50
MAX_HASHED = 4 << 20  # bytes; hashing takes about 2 ms a mebibyte


class Tally:
    """What one execution has put out so far: bytes printed, and per output its MIME type, size and hash.

    The hash is BLAKE2b-128 of the content as the notebook stores it; None of more than 4 MiB.
    """

    __slots__ = ("dropped", "outputs", "stderr", "stdout")

    def __init__(self) -> None:
        self.stdout = 0
        self.stderr = 0
        self.outputs: list[dict[str, Any]] = []
        self.dropped = 0


class OutputMeter:
    """Counts by the request that an output answers, so that threads and subshells do not mix.

    Streams are tapped only while a cell runs: IPython itself replaces `sys.stdout.write` around each cell
    and puts back what it found. Displays stay tapped until `release`, as tapping costs more than counting.
    What `%%capture` keeps is not counted, as it is no output of the cell, nor is what a thread prints after
    its cell has ended.

    Attributes:
        outputs: whether displays are listed; streams are always counted.
    """

    def __init__(self, ip: InteractiveShell) -> None:
        self._ip = ip
        self.outputs = True
        self._open: dict[str | None, list[Tally]] = {}
        self._taps: dict[str, _Tap] = {}

    def open(self, msg_id: str | None) -> Tally:
        """A tally of what answers the request `msg_id` from now on; a nested one counts for the outer too."""
        tally = Tally()
        if not self._open:
            self._tap()
        self._open.setdefault(msg_id, []).append(tally)
        return tally

    def close(self, msg_id: str | None, tally: Tally) -> None:
        """Count no more on this tally; with the last one, leave streams and displays as they were."""
        tallies = self._open.get(msg_id, [])
        if tally in tallies:
            tallies.remove(tally)
        if not tallies:
            self._open.pop(msg_id, None)
        if not self._open:
            self._untap("stdout", "stderr")

    def release(self) -> None:
        """Leave displays as they were, too; the next `open` taps them again."""
        self._untap("display", "result")

    def _tap(self) -> None:
        for name, stream in (("stdout", sys.stdout), ("stderr", sys.stderr)):
            if hasattr(stream, "parent_header"):  # ipykernel's stream, which knows whom it answers
                self._tap_method(name, stream, "write", self._count_text)
        self._tap_method("display", self._ip.display_pub, "publish", self._note_display)
        self._tap_method("result", self._ip.displayhook, "write_format_data", self._note)

    def _tap_method(self, name: str, owner: Any, method: str, after: Callable[..., None]) -> None:
        tap = self._taps.get(name)
        if tap is not None and tap.in_place(owner):
            return
        if tap is None or tap.owner is not owner or not tap.remove():
            tap = self._taps[name] = _Tap(owner, method, partial(after, owner))
        tap.insert()

    def _untap(self, *names: str) -> None:
        for name in names:
            tap = self._taps.get(name)
            if tap is not None and not tap.remove():  # somebody else holds on to it
                del self._taps[name]

    def _tallies(self, sender: Any) -> list[Tally]:
        header = getattr(sender, "parent_header", None) or {}
        return self._open.get(header.get("msg_id"), [])

    def _count_text(self, stream: Any, text: str) -> None:
        size = _text_size(text)
        for tally in self._tallies(stream):
            if stream.name == "stderr":
                tally.stderr += size
            else:
                tally.stdout += size

    def _note_display(self, display: Any, data: dict[str, Any], *_args: Any, **kwargs: Any) -> None:
        if not kwargs.get("update"):  # an update replaces an output that was noted
            self._note(display, data)

    def _note(self, sender: Any, bundle: dict[str, Any], *_args: Any, **_kwargs: Any) -> None:
        tallies = self._tallies(sender)
        if not tallies or not bundle or not self.outputs:
            return
        mime = next((mime for mime in bundle if mime != "text/plain"), "text/plain")  # the richest names it
        fact = None
        for tally in tallies:
            if len(tally.outputs) >= MAX_OUTPUTS:
                tally.dropped += 1
                continue
            fact = fact or {"mime": mime, **_size_and_hash(bundle[mime])}
            tally.outputs.append(fact)


class _Tap:
    """A method of one object, followed by ours, on that object only; `remove` puts back what was there."""

    def __init__(self, owner: Any, name: str, after: Callable[..., None]) -> None:
        self.owner, self._name = owner, name
        self._live = False
        self._own: Any = None
        self._original: Any = None

        def tapped(*args: Any, **kwargs: Any) -> Any:
            returned = self._original(*args, **kwargs)
            if self._live:
                try:  # noqa: SIM105 - a cell may print a million times
                    after(*args, **kwargs)
                except Exception:  # noqa: BLE001, S110 - a count is not worth the user's output
                    pass
            return returned

        self._tapped = tapped

    def in_place(self, owner: Any) -> bool:
        """Whether the method of this very object is followed, and was not replaced since."""
        return self._live and self.owner is owner and vars(owner).get(self._name) is self._tapped

    def insert(self) -> None:
        """Follow the method from now on; not to be called again before `remove` has said True."""
        self._own = vars(self.owner).get(self._name)  # set when somebody replaced it before us
        self._original = getattr(self.owner, self._name)
        self._live = True
        setattr(self.owner, self._name, self._tapped)

    def remove(self) -> bool:
        """Follow no more; False when the method was replaced again after us, and ours is called by theirs."""
        if not self._live:
            return True
        self._live = False
        if vars(self.owner).get(self._name) is not self._tapped:
            return False
        if self._own is None:
            delattr(self.owner, self._name)
        else:
            setattr(self.owner, self._name, self._own)
        return True


def _text_size(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))


def _size_and_hash(content: Any) -> dict[str, Any]:
    """Of content as the notebook stores it: text in UTF-8, bytes in base64, anything else as JSON."""
    if isinstance(content, (bytes, bytearray, memoryview)):
        size = (len(content) + 2) // 3 * 4
        if size > MAX_HASHED:
            return {"bytes": size, "hash": None}
        data = binascii.b2a_base64(content, newline=False)
    else:
        text = content if isinstance(content, str) else json.dumps(content, default=str)
        if len(text) > MAX_HASHED:
            return {"bytes": _text_size(text), "hash": None}
        data = text.encode("utf-8", "surrogatepass")
    return {"bytes": len(data), "hash": hashlib.blake2b(data, digest_size=16).hexdigest()}
