"""Identifiers. Standard library only, as the recorder in the kernel uses it too."""

from __future__ import annotations

import os
import time


def new_id() -> str:
    """A random 12-digit hexadecimal id: short enough to type, 48 bits wide."""
    return os.urandom(6).hex()


def new_sortable_id() -> str:
    """A UUID of version 7 (RFC 9562, 5.7) as 32 hexadecimal digits: its order is the order of time."""
    return SortableIds().next()


class SortableIds:
    """UUIDs of version 7 from one maker: a counter in place of most of the randomness (RFC 9562, 6.2).

    Asking the system for random bytes each time costs the recorder a tenth of its time. What one maker gives
    is unique for itself; its random rest (62 bits) keeps makers apart.
    """

    def __init__(self) -> None:
        random = os.urandom(10).hex()
        self._count = int(random[:3], 16)
        self._rest = f"{_VARIANT[random[3]]}{random[4:19]}"

    def next(self) -> str:
        """The next id; of one millisecond no more than 4,096."""
        self._count = (self._count + 1) & 0xFFF
        return f"{time.time_ns() // 1_000_000:012x}7{self._count:03x}{self._rest}"


_VARIANT = {digit: "89ab"[int(digit, 16) % 4] for digit in "0123456789abcdef"}
