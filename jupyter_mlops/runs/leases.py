"""Telling which leases nobody renews any more, whatever the clocks of the machines say."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable

from jupyter_mlops.runs.queue import LEASE, Lease

DEAD_AFTER_S = 5.0


class LeaseWatch:
    """Watches leases by this process's own monotonic clock.

    A lease has run out when it was seen unchanged for as long as it lasts. Its moment is not compared with
    the time of day: that may be another machine's, and may be set forward or back.

    Args:
        clock: seconds that only go forward.
        lease_s: how long a lease lasts.
    """

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, lease_s: float = LEASE.total_seconds()
    ) -> None:
        self._clock = clock
        self._lease_s = lease_s
        self._seen: dict[str, tuple[Lease, float]] = {}
        self._looked_at = clock()

    def run_out(self, leases: Iterable[Lease], dead_workers: Collection[str] = ()) -> list[Lease]:
        """Those of the present leases that nobody renews.

        Args:
            leases: all that there are now.
            dead_workers: workers known to be dead; their leases have run out after 5 s without a renewal, in
                case they are not dead after all.
        """
        now = self._clock()
        if now - self._looked_at > self._lease_s / 2:
            self._seen.clear()  # this process slept, or the store was closed to it: perhaps to others as well
        self._looked_at = now
        before, self._seen = self._seen, {}
        found = []
        for lease in leases:
            seen, since = before.get(lease.attempt_id, (lease, now))
            if seen != lease:
                since = now
            self._seen[lease.attempt_id] = (lease, since)
            patience = DEAD_AFTER_S if lease.worker_id in dead_workers else self._lease_s
            if now - since >= patience:
                found.append(lease)
        return found
