"""A registered version, made by another process as a user's notebook would make it."""

from __future__ import annotations

import os
import subprocess
import sys

from forked_processes import MAY_BE_FORKED

from jupyter_mlops.config import Settings

MAKE = """
import sys
from mlflow import MlflowClient
client = MlflowClient()
try:
    client.create_registered_model(sys.argv[1])
except Exception as error:
    assert "exist" in str(error), error
print(client.create_model_version(sys.argv[1], source="/tmp/a-model").version)
"""


def register_version(settings: Settings, name: str) -> str:
    """Make a version of a registered model; answers with its number."""
    done = subprocess.run(
        [sys.executable, "-c", MAY_BE_FORKED + MAKE, name],
        env={**os.environ, **settings.process_environment()},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()
