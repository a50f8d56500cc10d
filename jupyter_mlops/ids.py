"""Identifiers. Standard library only, as the recorder in the kernel uses it too."""

from __future__ import annotations

import os
import time


def new_id() -> str:
    """A random 12-digit hexadecimal id: short enough to type, 48 bits wide."""
    return os.urandom(6).hex()


def new_sortable_id() -> str:
    """A UUID of version 7 (RFC 9562, 5.7) as 32 hexadecimal digits: its order is the order of time."""
    value = time.time_ns() // 1_000_000 << 80 | int.from_bytes(os.urandom(10), "big")
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return f"{value:032x}"
