"""A tap on the websockets between front ends and kernels: it hears, and changes nothing."""

from __future__ import annotations

from typing import Any, Protocol

_SETTING = "kernel_websocket_connection_class"


class Overhearing(Protocol):
    """Who listens at the tap. It must not raise."""

    def overhear_request(self, kernel_id: str, message: str | bytes) -> None:
        """A front end's message goes to a kernel."""

    def overhear_reply(self, kernel_id: str, frames: list[bytes]) -> None:
        """A kernel's message on its shell channel goes to a front end."""


def tap_websockets(settings: dict[str, Any], listener: Overhearing) -> None:
    """Make the server's next websocket connections pass `listener`, whatever their class is."""
    connection = settings.get(_SETTING)
    if connection is not None and not hasattr(connection, "_mlops_tapped"):
        settings[_SETTING] = _tapped(connection, listener)


def _tapped(base: Any, listener: Overhearing) -> type:
    """The class with a tap. Its configuration stays that of `base`: traitlets asks a class's ancestors."""

    class TappedConnection(base):  # type: ignore[misc]
        _mlops_tapped = True

        def handle_incoming_message(self, incoming_msg: Any, *args: Any, **kwargs: Any) -> Any:
            listener.overhear_request(self.kernel_id, incoming_msg)
            return super().handle_incoming_message(incoming_msg, *args, **kwargs)

        def handle_outgoing_message(self, stream: Any, *args: Any, **kwargs: Any) -> Any:
            channel = stream if isinstance(stream, str) else getattr(stream, "channel", None)
            if channel == "shell" and args:
                listener.overhear_reply(self.kernel_id, args[0])
            return super().handle_outgoing_message(stream, *args, **kwargs)

    return TappedConnection
