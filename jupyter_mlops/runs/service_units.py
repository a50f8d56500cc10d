"""A worker as a service of its own: a unit for systemd, an entry for a container."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

from jupyter_mlops.config import Settings, hide_password

DRAINS_WITHIN_S = 3600


def systemd_unit(settings: Settings, slots: int) -> str:
    """A user's unit: `systemctl --user enable --now jupyter-mlops-worker`.

    Stopping it lets the runs under way end; after an hour systemd ends them.
    """
    environment = "\n".join(f'Environment="{name}={value}"' for name, value in _environment(settings).items())
    return f"""\
# ~/.config/systemd/user/jupyter-mlops-worker.service
[Unit]
Description=Worker of jupyter_mlops: runs notebooks as jobs
After=network-online.target

[Service]
ExecStart={shlex.join(_command(slots))}
{environment}
Restart=always
RestartSec=2
KillMode=mixed
KillSignal=SIGTERM
TimeoutStopSec={DRAINS_WITHIN_S}

[Install]
WantedBy=default.target
"""


def container_entry(settings: Settings, slots: int) -> str:
    """A service for Compose; `init` takes the processes in that a killed runner leaves."""
    lines = "\n".join(f'      {name}: "{value}"' for name, value in _environment(settings).items())
    return f"""\
services:
  jupyter-mlops-worker:
    image: YOUR_IMAGE  # one with jupyter_mlops and the kernels of your notebooks
    command: {["jupyter", "mlops", "worker", "--slots", str(slots)]}
    environment:
{lines}
    volumes:
      - {settings.data_dir}:{settings.data_dir}
    init: true
    restart: unless-stopped
    stop_signal: SIGTERM
    stop_grace_period: {DRAINS_WITHIN_S}s
"""


def _command(slots: int) -> list[str]:
    return [str(Path(sys.executable).absolute()), "-m", "jupyter_mlops.cli", "worker", "--slots", str(slots)]


def _environment(settings: Settings) -> dict[str, str]:
    """What a worker needs to meet the others; a password is left out, as a unit is no place for one."""
    shown = {name: hide_password(value) for name, value in settings.process_environment().items()}
    return {name: value for name, value in shown.items() if not name.startswith("_")}
