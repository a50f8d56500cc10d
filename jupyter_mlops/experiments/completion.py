"""What an MLflow run of a notebook is told at its end: whether the session was clean, and all its cells.

See docs/decisions/0009.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from typing import Any

from jupyter_mlops.capture import recorder
from jupyter_mlops.capture.kernel.run_ends import EndedRun
from jupyter_mlops.capture.recorder import Recorder
from jupyter_mlops.capture.run_verdict import verdict_tags
from jupyter_mlops.config import Settings
from jupyter_mlops.experiments.kernel import notebook_file
from jupyter_mlops.experiments.session_records import session_records
from jupyter_mlops.tracking.telling import Telling
from jupyter_mlops.tracking.tellings import Tellings

_log = logging.getLogger(__name__)


def complete_runs(ended: Sequence[EndedRun]) -> None:
    """Tell runs that have ended of their session. Never raises: `%mlops status` counts what fails."""
    current = recorder.active()
    if current is None or not current.options.enabled or os.environ.get("JUPYTER_MLOPS_RUN_ID"):
        return  # a job's runs are told by its runner, which knows how the notebook ended
    try:
        _complete(current, ended)
    except Exception as error:  # noqa: BLE001 - nobody asked for it, and no cell must show it
        current.count_error(error)
        _log.debug("MLflow runs were not told of their session", exc_info=True)  # louder would be shown


def _complete(current: Recorder, ended: Sequence[EndedRun]) -> None:
    settings = Settings.load()
    tellings = Tellings(settings, patient=True)
    records = session_records(current, settings.open_store())
    tags = verdict_tags(records, *_document(), skipped=current.skipped)
    refusals: list[Exception] = []
    heard = True
    for run in ended:
        described: dict[str, Any] = {} if run.is_inner else {"tags": tags, "records": records}
        try:
            heard &= tellings.tell(
                Telling(run.run_id, run.tracking_uri, status=run.unheard_status, at_ms=run.at_ms, **described)
            )
        except Exception as error:  # noqa: BLE001 - the other runs are told all the same
            refusals.append(error)
    if heard:
        tellings.tell_what_waits()
    if refusals:
        raise refusals[0]


def _document() -> tuple[bytes | None, float]:
    """The notebook's bytes as they are saved, and when they were (seconds since the epoch)."""
    path = notebook_file()
    try:
        return (None, 0.0) if path is None else (path.read_bytes(), path.stat().st_mtime)
    except OSError:
        return None, 0.0
