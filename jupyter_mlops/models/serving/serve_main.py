"""The process of one served model: `python -m jupyter_mlops.models.serving.serve_main ID`.

It finds the version, fetches its files, sees that none has changed since it was registered, and then
becomes MLflow's scoring server.
"""

from __future__ import annotations

import sys

from jupyter_mlops.config import Settings
from jupyter_mlops.errors import MlopsError
from jupyter_mlops.models.checked_files import check_files
from jupyter_mlops.models.serving.service import ServingService
from jupyter_mlops.tracking.model_files import become_scoring_server, fetched_version
from jupyter_mlops.tracking.probe import check_tracking


def main(serving_id: str) -> None:
    """Serve the model of a record, until the process is ended."""
    settings = Settings.load()
    files = ServingService(settings).files
    record = files.read(serving_id)
    if record is None:
        return  # it was stopped before it began
    try:
        check_tracking(settings.tracking_uri)
        with fetched_version(settings.tracking_uri, record.model, record.version) as found:
            check_files(found)
            files.change(serving_id, version=found.version)
            become_scoring_server(found.folder, record.port)
    except MlopsError as error:
        message = " ".join(filter(None, (error.message, error.hint)))
        files.change(serving_id, message=message)
        sys.exit(message)


if __name__ == "__main__":
    main(sys.argv[1])
