"""The server of the UI tests: no login, on the loopback only. Never use it for anything else."""

import os
import subprocess
import sys
from pathlib import Path

from jupyterlab.galata import configure_jupyter_server

configure_jupyter_server(c)
c.ServerApp.ip = "127.0.0.1"

# A kernel that is not Python's, for this server only; without it the test that wants it is skipped.
prefix = Path(os.environ["UI_TESTS_HOME"], "kernels")
subprocess.run([sys.executable, "-m", "bash_kernel.install", "--prefix", str(prefix)], check=False)
os.environ["JUPYTER_PATH"] = str(prefix / "share" / "jupyter")
