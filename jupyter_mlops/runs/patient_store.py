"""Writing what must not be lost to a store that refuses just now: it is locked, or its disk is full."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import TypeVar

from sqlalchemy.exc import DBAPIError

log = logging.getLogger(__name__)
Written = TypeVar("Written")
PATIENCE_S = 3600.0
FIRST_WAIT_S, LONGEST_WAIT_S = 0.2, 5.0


def patiently(write: Callable[[], Written], patience_s: float = PATIENCE_S) -> Written:
    """Do a transaction, again and again while the store refuses it.

    Meanwhile the worker renews the run's lease as soon as the store lets it; if another takes the run over,
    the transaction finds out by its fencing token.

    Raises:
        DBAPIError: the store still refuses after so long.
    """
    until, wait_s = time.monotonic() + patience_s, FIRST_WAIT_S
    while True:
        try:
            return write()
        except DBAPIError as error:
            if time.monotonic() + wait_s > until:
                raise
            log.warning("the store refuses (%s); tried again in %.1f s", error.orig, wait_s)
        time.sleep(wait_s)
        wait_s = min(2 * wait_s, LONGEST_WAIT_S)
