"""Ports on this machine's loopback, which no other machine can reach."""

from __future__ import annotations

import socket

from jupyter_mlops.errors import BadInputError

HOST = "127.0.0.1"


def choose_port(wanted: int | None, usual: int = 0) -> int:
    """A port that is free now: the one wanted, else the usual one, else any.

    Raises:
        BadInputError: the one wanted is taken.
    """
    for port in (usual, 0) if wanted is None else (wanted,):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise BadInputError(
        f"The port {wanted} cannot be had.", field="port", hint="Give another, or none for any that is free."
    )
