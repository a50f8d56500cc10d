"""The MLflow runs of a notebook, newest first."""

from __future__ import annotations

from typing import Any

from jupyter_mlops.errors import TrackingUnavailableError
from jupyter_mlops.tracking.client import make_client, tracking_failures

MOST_RUNS = 100
"""How many are listed."""
_TAG = "mlops.notebook"


def runs_of_notebook(uri: str, notebook: str) -> list[dict[str, Any]]:
    """Those made in it or of it by a job: `run_id`, `name`, `status`, and `started_at_ms` since the epoch.

    Args:
        uri: of the tracking server, as `fluent.use_tracking` gave it.
        notebook: its path below the server root, as the runs' tag `mlops.notebook` has it.

    Raises:
        TrackingUnavailableError: the tracking server refuses or does not answer.
    """
    quote = '"' if "'" in notebook else "'"
    pattern = notebook.replace(quote, "_")  # MLflow's filters know no escapes
    try:
        client = make_client(uri)
        found = client.search_runs(
            [experiment.experiment_id for experiment in client.search_experiments()],
            f"tags.`{_TAG}` LIKE {quote}{pattern}{quote}",
            max_results=MOST_RUNS,
            order_by=["attributes.start_time DESC"],
        )
    except tracking_failures() as error:
        raise TrackingUnavailableError(
            f"MLflow could not list the runs of the notebook: {error}", field="tracking_uri"
        ) from error
    return [
        {
            "run_id": str(run.info.run_id),
            "name": str(run.info.run_name),
            "status": str(run.info.status),
            "started_at_ms": run.info.start_time,
        }
        for run in found
        if run.data.tags[_TAG] == notebook
    ]
