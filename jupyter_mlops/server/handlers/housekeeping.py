"""`/housekeeping`: old runs and all that was theirs."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

from jupyter_server.auth.decorator import authorized
from tornado import web

from jupyter_mlops.housekeeping.clean import Order, clean, resumable_runs
from jupyter_mlops.housekeeping.daily import default_limits
from jupyter_mlops.housekeeping.limits import Limits
from jupyter_mlops.notebooks.snapshots import SnapshotStore
from jupyter_mlops.server.base import MlopsHandler

MOST_RUNS = 200
"""So many of the runs are named in an answer; all of them are counted."""


class HousekeepingHandler(MlopsHandler):
    """Cleaning the runs of this server's root."""

    @web.authenticated
    @authorized
    async def post(self) -> None:
        """Answer with what goes; nothing does unless `dry_run` is false."""
        await self.answer(await self.in_thread(self._clean, await self.body("HousekeepingOrder")))

    def _clean(self, body: dict[str, Any]) -> dict[str, Any]:
        backend = self.backend
        job_id = body.get("job")
        if job_id is not None:
            backend.jobs.get_job(job_id)  # refuses one that is not there
        limits = {
            name: body[name] for name in ("older_than", "keep", "max_size") if body.get(name) is not None
        }
        order = Order(
            limits=Limits.parse(limits, "") if limits else None,
            default=default_limits(),
            root=str(backend.root),
            job_id=job_id,
            spared=resumable_runs(backend.settings),
            dry_run=body.get("dry_run", True),
        )
        done = clean(
            backend.store, SnapshotStore(backend.settings.snapshots), order, datetime.now(timezone.utc)
        )
        return done.as_dict(MOST_RUNS)


ROUTES = [(r"/housekeeping", HousekeepingHandler)]
