"""How much each cell prints, and what it shows, counted where the kernel sends it. Standard library only."""

from __future__ import annotations

import binascii
import hashlib
import json
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

MAX_OUTPUTS = 50
MAX_HASHED = 4 << 20  # bytes; hashing takes about 2 ms a mebibyte
MAX_KEPT = 64 << 10  # bytes of an output's content, where it is asked for


class Tally:
    """What one execution has put out so far: bytes printed, and per output its MIME type, size and hash.

    The hash is BLAKE2b-128 of the content as the notebook stores it; None of more than 4 MiB. The content
    itself stands there only where it was asked for.
    """

    __slots__ = ("dropped", "outputs", "printed")

    def __init__(self) -> None:
        self.printed = {"stdout": 0, "stderr": 0}
        self.outputs: list[dict[str, Any]] = []
        self.dropped = 0


class OutputMeter:
    """Counts by the request that an output answers, so that threads and subshells do not mix.

    Streams are tapped only while a cell runs: IPython itself replaces `sys.stdout.write` around each cell
    and puts back what it found. Displays stay tapped until `release`, as tapping costs more than counting.
    What `%%capture` keeps is not counted, as it is no output of the cell, nor is what a thread prints after
    its cell has ended.

    Attributes:
        outputs: of displays, `hash`, `content` or `off`, as the option says; streams are always counted.
    """

    def __init__(self, ip: InteractiveShell) -> None:
        self._ip = ip
        self.outputs = "hash"
        self._open: dict[str | None, list[Tally]] = {}
        self._taps: dict[str, _Tap | None] = dict.fromkeys(("stdout", "stderr", "display", "result"))

    def open(self, msg_id: str | None) -> Tally:
        """A tally of what answers the request `msg_id` from now on; a nested one counts for the outer too."""
        if not self._open:
            self._tap()
        tally = Tally()
        self._open.setdefault(msg_id, []).append(tally)
        return tally

    def close(self, msg_id: str | None, tally: Tally) -> None:
        """Count no more on this tally; with the last one, leave streams and displays as they were."""
        tallies = self._open.get(msg_id)
        if tallies is not None and tally in tallies:
            tallies.remove(tally)
            if not tallies:
                del self._open[msg_id]
        if not self._open:
            self._untap(("stdout", "stderr"))

    def release(self) -> None:
        """Leave displays as they were, too; the next `open` taps them again."""
        self._untap(("display", "result"))

    def _tap(self) -> None:
        owners = (sys.stdout, sys.stderr, self._ip.display_pub, self._ip.displayhook)
        for name, owner in zip(self._taps, owners):  # noqa: B905 - as long as each other
            tap = self._taps[name]
            if tap is None or tap.owner is not owner or not tap.insert():
                self._taps[name] = self._new_tap(name, owner)

    def _new_tap(self, name: str, owner: Any) -> _Tap | None:
        before = self._taps[name]
        if before is not None:
            before.remove()
        if name == "display":
            tap = _Tap(owner, "publish", self._follow(self._note_display))
        elif name == "result":
            tap = _Tap(owner, "write_format_data", self._follow(self._note))
        elif hasattr(owner, "parent_header"):  # ipykernel's stream, which knows whom it answers
            tap = _Tap(owner, "write", self._count(name))
        else:
            return None
        tap.insert()
        return tap

    def _untap(self, names: tuple[str, ...]) -> None:
        for name in names:
            tap = self._taps[name]
            if tap is not None and not tap.remove():  # somebody else holds on to it
                self._taps[name] = None

    def _count(self, name: str) -> Callable[[_Tap], Any]:
        """What takes the place of a stream's `write`."""

        def counted(tap: _Tap) -> Any:
            stream, tallies_of = tap.owner, self._open.get

            def write(string: str) -> Any:  # the argument is called as ipykernel calls it
                returned = tap.original(string)
                if tap.live:  # all in one function, as a cell may print a million times
                    try:
                        for tally in tallies_of(stream.parent_header.get("msg_id"), ()):
                            tally.printed[name] += len(string) if string.isascii() else _text_size(string)
                    except Exception:  # noqa: BLE001, S110 - a count is not worth the user's output
                        pass
                return returned

            return write

        return counted

    @staticmethod
    def _follow(after: Callable[..., None]) -> Callable[[_Tap], Any]:
        """What takes the place of a method, when `after` is called with its arguments after it."""

        def followed(tap: _Tap) -> Any:
            def method(*args: Any, **kwargs: Any) -> Any:
                returned = tap.original(*args, **kwargs)
                if tap.live:
                    with suppress(Exception):  # what is shown is not worth the user's output
                        after(tap.owner, *args, **kwargs)
                return returned

            return method

        return followed

    def _tallies(self, sender: Any) -> list[Tally]:
        header = getattr(sender, "parent_header", None) or {}
        return self._open.get(header.get("msg_id"), [])

    def _note_display(self, display: Any, data: dict[str, Any], *_args: Any, **kwargs: Any) -> None:
        if not kwargs.get("update"):  # an update replaces an output that was noted
            self._note(display, data)

    def _note(self, sender: Any, bundle: dict[str, Any], *_args: Any, **_kwargs: Any) -> None:
        tallies = self._tallies(sender)
        if not tallies or not bundle or self.outputs == "off":
            return
        mime = next((mime for mime in bundle if mime != "text/plain"), "text/plain")  # the richest names it
        fact = None
        for tally in tallies:
            if len(tally.outputs) >= MAX_OUTPUTS:
                tally.dropped += 1
                continue
            fact = fact or {"mime": mime, **_facts_of(bundle[mime], keep=self.outputs == "content")}
            tally.outputs.append(fact)


class _Tap:
    """A method of one object replaced by ours, on that object only; `remove` puts back what was there.

    Args:
        owner: the object.
        name: the method's.
        make: given this tap, the function that takes the method's place and calls `original`. It must do no
            more than that where the tap is not `live`.
    """

    __slots__ = ("_attributes", "_before", "_function", "_name", "live", "original", "owner")

    def __init__(self, owner: Any, name: str, make: Callable[[_Tap], Any]) -> None:
        self.owner, self._name = owner, name
        self.live = False
        self.original: Any = None
        self._attributes = vars(owner)
        self._before: Any = None
        self._function = make(self)

    def insert(self) -> bool:
        """Follow the method from now on; False when somebody replaced it after us, and may call ours."""
        found = self._attributes.get(self._name)
        if self.live:
            return found is self._function
        self._before = found  # set when somebody replaced it before us
        self.original = found or getattr(self.owner, self._name)
        self.live = True
        self._attributes[self._name] = self._function
        return True

    def remove(self) -> bool:
        """Follow no more; False when the method was replaced again after us, and ours is called by theirs."""
        if not self.live:
            return True
        self.live = False
        if self._attributes.get(self._name) is not self._function:
            return False
        if self._before is None:
            del self._attributes[self._name]
        else:
            self._attributes[self._name] = self._before
        return True


def _text_size(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))


def _facts_of(content: Any, *, keep: bool) -> dict[str, Any]:
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
    facts = {"bytes": len(data), "hash": hashlib.blake2b(data, digest_size=16).hexdigest()}
    if keep and len(data) <= MAX_KEPT:
        facts["content"] = data.decode("utf-8", "replace")
    return facts
