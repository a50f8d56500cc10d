"""What MLflow runs are told of their end, kept on disk until their tracking server has heard it.

A telling is written before the tracking server is asked, and deleted once it has heard it: neither a server
that is away nor a process that is killed loses one. What waits is told by `late_tellings.py`. One process at
a time has a telling in hand: it holds the file under another name, which nobody else takes.
"""

from __future__ import annotations

import json
import logging
import os
import time
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path

from jupyter_mlops.config import Settings, hide_password
from jupyter_mlops.errors import TrackingUnavailableError
from jupyter_mlops.ids import new_sortable_id
from jupyter_mlops.tracking.probe import check_tracking
from jupyter_mlops.tracking.telling import Telling

FOLDER = "untold"
KEPT_FOR = timedelta(days=30)
LEFT_AFTER = timedelta(minutes=15)  # who has one in hand for so long was killed
_WAITING, _IN_HAND = ".json", ".in-hand"

log = logging.getLogger(__name__)


class Tellings:
    """The tellings of one user.

    Args:
        settings: where they are kept; and the tracking URI with its password, which no file of ours holds.
        patient: leave this process's MLflow its own patience, which a notebook's calls have as well.
    """

    def __init__(self, settings: Settings, *, patient: bool = False) -> None:
        self._folder = settings.journals / FOLDER
        self._settings = settings
        self._patient = patient

    def tell(self, telling: Telling) -> bool:
        """Tell a run now, or have it told later; says whether its server has heard it.

        Raises:
            MlflowException: the tracking server will never take this: it has no such run, for one.
            OSError: the server is away, and the telling cannot be written either.
        """
        try:
            taken = self._keep(telling)
        except OSError as error:  # a full disk is no reason not to tell
            log.warning("what the MLflow run %s is told is not kept: %s", telling.run_id, error)
            taken = None
        return self._tell(taken, telling, is_late=False)

    def tell_later(self, telling: Telling) -> None:
        """Have a run told by `late_tellings`, waiting for nothing.

        Raises:
            OSError: it cannot be written.
        """
        taken = self._keep(telling)
        taken.rename(taken.with_suffix(_WAITING))

    def tell_what_waits(self) -> int:
        """Tell what was kept, the oldest first, each server that answers; how many it heard."""
        heard, away = 0, set[str]()
        for path in waiting(self._folder):
            if (taken := _take(path)) is None or (telling := _read(taken)) is None:
                continue
            if telling.tracking_uri in away:
                taken.rename(path.with_suffix(_WAITING))
                continue
            try:
                is_heard = self._tell(taken, telling, is_late=True)
            except Exception as error:  # noqa: BLE001 - the next one is told all the same
                log.warning("the MLflow run %s is not told: %s", telling.run_id, error)
                continue
            heard += is_heard
            away.update(() if is_heard else (telling.tracking_uri,))
        return heard

    def _keep(self, telling: Telling) -> Path:
        """Write a telling, in this process's hand."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        name = f"{new_sortable_id()}-{telling.run_id}"
        new, taken = self._folder / f".{name}", self._folder / f"{name}{_IN_HAND}"
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump({**asdict(telling), "tracking_uri": hide_password(telling.tracking_uri)}, file)
        new.replace(taken)
        return taken

    def _tell(self, taken: Path | None, telling: Telling, *, is_late: bool) -> bool:
        uri = telling.tracking_uri
        if uri == hide_password(self._settings.tracking_uri):
            uri = self._settings.tracking_uri
        try:
            check_tracking(uri)  # in three seconds; MLflow would wait for minutes, and take two to load
        except TrackingUnavailableError as error:
            return _put_back(taken, telling, error)
        from jupyter_mlops.tracking.client import Tracking, is_refusal, tracking_failures

        try:
            Tracking(uri, patient=self._patient).tell(telling, is_late=is_late)
        except tracking_failures() as error:
            if not is_refusal(error):
                return _put_back(taken, telling, error)
            _forget(taken)
            raise
        _forget(taken)
        return True


def waiting(folder: Path) -> list[Path]:
    """The tellings that wait, and those that a process which was killed had in hand, the oldest first."""
    left_before = time.time() - LEFT_AFTER.total_seconds()
    left = [path for path in folder.glob(f"*{_IN_HAND}") if _modified_at(path) < left_before]
    return sorted([*folder.glob(f"*{_WAITING}"), *left])


def _put_back(taken: Path | None, telling: Telling, error: Exception) -> bool:
    """Have it told later: it was not heard. One that could not be kept is an error."""
    if taken is None:
        raise error
    log.info("the MLflow run %s is told later: %s", telling.run_id, error)
    taken.rename(taken.with_suffix(_WAITING))
    return False


def _forget(taken: Path | None) -> None:
    if taken is not None:
        taken.unlink(missing_ok=True)


def _take(path: Path) -> Path | None:
    """Take a telling in hand; None when somebody else did, or nobody wants to hear it any more."""
    taken = path.with_suffix(_IN_HAND)
    try:
        os.utime(path)
        path.rename(taken)
    except FileNotFoundError:
        return None
    made_at = int(path.stem[:12], 16) / 1000
    if time.time() - made_at > KEPT_FOR.total_seconds():
        log.warning("no more told after %d days: %s", KEPT_FOR.days, path.stem)
        taken.unlink()
        return None
    return taken


def _read(taken: Path) -> Telling | None:
    try:
        return Telling(**json.loads(taken.read_text("utf-8")))
    except (ValueError, TypeError):
        log.warning("%s is damaged, and is not told", taken)
        taken.unlink()
        return None


def _modified_at(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return time.time()
