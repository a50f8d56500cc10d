"""Sending a message to an address: by what is installed for its scheme, else by apprise."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from importlib.metadata import entry_points
from typing import TYPE_CHECKING
from urllib.parse import unquote

from jupyter_mlops.errors import BadInputError, MlopsError
from jupyter_mlops.notifications.message import Message
from jupyter_mlops.notifications.rules import JUPYTERLAB

if TYPE_CHECKING:
    from jupyter_mlops.notifications.channels import Channel, Channels

GROUP = "jupyter_mlops.notifiers"
Notifier = Callable[[str, Message], None]
"""Sends a message to an address, or raises. An entry point of `GROUP`, named as the scheme, gives one."""

_PROBLEM_CHARS = 300
_MIN_SECRET = 3
_logger = logging.getLogger("apprise")


class NotDeliveredError(MlopsError):
    """A message did not reach its channel."""

    code = "not_delivered"
    status = 503
    exit_code = 3


def send(channel: Channel, message: Message) -> None:
    """Send a message by a channel, now.

    Raises:
        NotDeliveredError: it did not get through; what is said of why holds nothing of the address.
    """
    try:
        _notifier(channel.kind)(channel.url, message)
    except NotDeliveredError as error:
        raise NotDeliveredError(
            _without_address(error.message, channel.url), field="channel", hint=error.hint
        ) from None
    except Exception as error:  # noqa: BLE001 - whatever a plug-in raises; its text may hold the address
        told = _without_address(f"{type(error).__name__}: {error}", channel.url)
        raise NotDeliveredError(f"The channel {channel.name!r} failed: {told}", field="channel") from None


def send_test(channels: Channels, name: str) -> None:
    """Send a test message by the channel of a name, now.

    Raises:
        NotFoundError: none of that name is set up.
        NotDeliveredError: it did not get through.
    """
    if name == JUPYTERLAB:
        raise BadInputError("What 'jupyterlab' tells is shown there; it needs no test.", field="channel")
    message = Message("test", "A test of jupyter_mlops", "This channel can tell you how your runs end.")
    send(channels.named(name), message)


def _notifier(kind: str) -> Notifier:
    for point in entry_points(group=GROUP):
        if point.name == kind:
            found: Notifier = point.load()
            return found
    return _send_by_apprise


def _send_by_apprise(url: str, message: Message) -> None:
    try:
        import apprise
    except ImportError:
        raise NotDeliveredError(
            "Channels other than 'jupyterlab' need apprise, which is not installed.",
            hint="pip install 'jupyter_mlops[notify]', where the worker runs.",
        ) from None
    sender = apprise.Apprise()
    with _listening() as said:
        if not sender.add(url):
            raise NotDeliveredError(
                "apprise does not know such an address.", hint="See https://appriseit.com/services/."
            )
        sent = sender.notify(
            title=message.title,
            body=message.body,
            body_format=apprise.NotifyFormat.TEXT,
            notify_type=_tone(apprise.NotifyType, message.event),
        )
    if not sent:
        raise NotDeliveredError(f"It was not accepted: {' '.join(said) or 'no reason was given'}")


class _Listener(logging.Handler):
    """Hears what apprise says of what goes wrong, each call its own: apprise hands the context on to the
    threads that it sends in."""

    heard: ContextVar[list[str] | None] = ContextVar("heard", default=None)

    def emit(self, record: logging.LogRecord) -> None:
        said = self.heard.get()
        if said is not None:
            said.append(record.getMessage())


_listener = _Listener(logging.WARNING)


@contextmanager
def _listening() -> Iterator[list[str]]:
    """What apprise says meanwhile; it says it nowhere else, as it may quote the address."""
    _logger.propagate = False
    _logger.addHandler(_listener)
    said: list[str] = []
    before = _Listener.heard.set(said)
    try:
        yield said
    finally:
        _Listener.heard.reset(before)


def _tone(kinds: type, event: str) -> object:
    tones = {
        "failed": "FAILURE",
        "succeeded": "SUCCESS",
        "recovered": "SUCCESS",
        "longer_than_usual": "WARNING",
    }
    return getattr(kinds, tones.get(event, "INFO"))


def _without_address(text: str, url: str) -> str:
    """A text in which nothing of an address is left but its scheme: any part of it may be a token."""
    _, _, rest = url.partition("://")
    parts = {part for part in re.split(r"[/:@?&=,#;]+", rest) if len(part) >= _MIN_SECRET}
    for part in sorted(parts | {unquote(part) for part in parts} | {url, rest}, key=len, reverse=True):
        text = text.replace(part, "***") if part else text
    return " ".join(text.split())[:_PROBLEM_CHARS]
