"""pytest plugin: papermill's own tests with the engine that PAPERMILL_SUITE_ENGINE names as its default."""

from __future__ import annotations

import os
import sys

# At the end of the path: what only the tests need must not replace what is installed.
sys.path.append(os.environ["PAPERMILL_SUITE_PACKAGES"])


def pytest_configure() -> None:
    if os.environ["PAPERMILL_SUITE_ENGINE"] != "mlops":
        return
    from papermill.engines import papermill_engines

    from jupyter_mlops.runs.engine_entry import MlopsEngine

    for name in (None, "nbclient", "mlops"):
        papermill_engines.register(name, MlopsEngine)
