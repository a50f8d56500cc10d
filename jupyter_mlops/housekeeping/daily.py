"""Cleaning once a day, by the policies of the jobs and the setting for all others."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from pathlib import Path

from jupyter_mlops.config import Settings
from jupyter_mlops.errors import BadInputError
from jupyter_mlops.housekeeping.clean import Order, clean, resumable_runs
from jupyter_mlops.housekeeping.limits import Limits
from jupyter_mlops.notebooks.snapshots import SnapshotStore
from jupyter_mlops.notifications.delivery import forget_old
from jupyter_mlops.store import Store

RUN_RETENTION = "JUPYTER_MLOPS_RUN_RETENTION"
EVERY = timedelta(days=1)
WITHIN_S = 300.0
_STAMP = ".cleaned"

log = logging.getLogger(__name__)


def default_limits(environ: Mapping[str, str] = os.environ) -> Limits:
    """The limits of jobs that have none of their own: `older_than=30d,keep=20,max_size=5GB`; off by default.

    Raises:
        BadInputError: the setting cannot be read.
    """
    return Limits.parse_text(environ.get(RUN_RETENTION, ""), RUN_RETENTION)


class Housekeeper:
    """Cleans once a day, whichever worker of this machine looks first; in a thread, and bounded in time.

    Args:
        store: to clean.
        settings: where everything else is.
        environ: has the setting.
    """

    def __init__(self, store: Store, settings: Settings, environ: Mapping[str, str] = os.environ) -> None:
        self._store = store
        self._settings = settings
        self._environ = environ
        self._thread: threading.Thread | None = None

    def tick(self) -> None:
        """Start to clean if nobody has for a day; returns at once."""
        if self.is_busy or not is_due(self._settings.data_dir / _STAMP, datetime.now(timezone.utc)):
            return
        self._thread = threading.Thread(target=self._clean, name="housekeeping", daemon=True)
        self._thread.start()

    @property
    def is_busy(self) -> bool:
        """Whether it is cleaning."""
        return self._thread is not None and self._thread.is_alive()

    def _clean(self) -> None:
        now = datetime.now(timezone.utc)
        try:
            forget_old(self._store, now)
            spared = resumable_runs(self._settings)
            order = Order(default=self._default(), spared=spared, dry_run=False, within_s=WITHIN_S)
            done = clean(self._store, SnapshotStore(self._settings.snapshots), order, now)
        except Exception:
            log.exception("housekeeping failed; it is tried again tomorrow")
            return
        if done.runs or done.problems:
            log.info("housekeeping: %d runs and %d bytes are gone", len(done.runs), done.bytes)
        for problem in done.problems:
            log.warning("housekeeping: %s", problem)

    def _default(self) -> Limits:
        try:
            return default_limits(self._environ)
        except BadInputError as error:  # nothing is deleted on a guess
            log.warning("%s is not understood: %s", RUN_RETENTION, error)
            return Limits()


def is_due(stamp: Path, now: datetime) -> bool:
    """Whether nobody has done it for a day; who is told so has it to do."""
    try:
        age = now - datetime.fromtimestamp(stamp.stat().st_mtime, timezone.utc)
    except FileNotFoundError:
        age = EVERY
    if timedelta(0) <= age < EVERY:
        return False
    stamp.touch(mode=0o600)
    return True
