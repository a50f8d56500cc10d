"""Where things are kept, and which tracking server is used: settings from the environment.

Every process of the product (server, worker, runner, kernel, CLI) works these out alike, so that they
meet in the same store and the same MLflow.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal, TypeAlias

from jupyter_core.paths import jupyter_data_dir
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from jupyter_mlops.store import Store

DATA_DIR = "JUPYTER_MLOPS_DATA_DIR"
STORE_URL = "JUPYTER_MLOPS_STORE_URL"
TRACKING_URI = "JUPYTER_MLOPS_TRACKING_URI"
MAX_RUNNING = "JUPYTER_MLOPS_MAX_RUNNING"
EXECUTOR_LIMITS = "JUPYTER_MLOPS_EXECUTOR_LIMITS"

TrackingSource: TypeAlias = Literal["environment", "setting", "default"]


@dataclass(frozen=True)
class Settings:
    """Where one user's things are.

    Args:
        data_dir: the folder of all files, made 0700 (`JUPYTER_MLOPS_DATA_DIR`; by default `mlops` in
            Jupyter's data directory).
        store_url: the store's SQLAlchemy address (`JUPYTER_MLOPS_STORE_URL`; by default SQLite in
            `data_dir`).
        tracking_uri: MLflow's tracking URI. The user's `MLFLOW_TRACKING_URI` wins, then
            `JUPYTER_MLOPS_TRACKING_URI`, then SQLite in `data_dir`.
        tracking_source: which of the three it was.
        max_running: how many runs there may be at once, on all workers of the store together
            (`JUPYTER_MLOPS_MAX_RUNNING`); None: as many as the workers have slots.
        executor_limits: the same for each executor by its name (`JUPYTER_MLOPS_EXECUTOR_LIMITS="local=4"`).
    """

    data_dir: Path
    store_url: str
    tracking_uri: str
    tracking_source: TrackingSource
    max_running: int | None = None
    executor_limits: Mapping[str, int] = field(default_factory=dict, hash=False)

    @classmethod
    def load(cls, environ: Mapping[str, str] | None = None) -> Settings:
        """Read the settings from an environment, the process's own by default."""
        env = os.environ if environ is None else environ
        data_dir = Path(env.get(DATA_DIR) or Path(jupyter_data_dir()) / "mlops").expanduser().absolute()
        default_tracking = _default_tracking_uri(data_dir)
        source: TrackingSource
        user_uri, setting_uri = env.get("MLFLOW_TRACKING_URI"), env.get(TRACKING_URI)
        if user_uri and user_uri != default_tracking:
            uri, source = user_uri, "environment"
        elif setting_uri:
            uri, source = setting_uri, "setting"
        else:
            uri, source = default_tracking, "default"
        store_url = env.get(STORE_URL) or f"sqlite:///{data_dir / 'store.db'}"
        limits = _read_limits(env.get(EXECUTOR_LIMITS, ""))
        return cls(data_dir, store_url, uri, source, _read_limit(env.get(MAX_RUNNING, "")), limits)

    @property
    def kept_tracking_uri(self) -> str | None:
        """The tracking URI as a job remembers it; None when it holds a password, which no row may hold."""
        return None if hide_password(self.tracking_uri) != self.tracking_uri else self.tracking_uri

    def tracking_at(self, uri: str | None) -> Settings:
        """These settings with the tracking URI that a job remembers, if it does."""
        if uri is None or uri == self.tracking_uri:
            return self
        source: TrackingSource = "default" if uri == _default_tracking_uri(self.data_dir) else "environment"
        return replace(self, tracking_uri=uri, tracking_source=source)

    @property
    def journals(self) -> Path:
        """Where kernels' recorders write."""
        return self.data_dir / "journals"

    @property
    def snapshots(self) -> Path:
        """Where the immutable copies of notebooks are."""
        return self.data_dir / "snapshots"

    @property
    def logs(self) -> Path:
        """Where detached processes write their logs."""
        return self.data_dir / "logs"

    @property
    def mlflow_dir(self) -> Path:
        """Where the default MLflow keeps its database and artifacts."""
        return self.data_dir / "mlflow"

    def open_store(self) -> Store:
        """Open the store, its folder made for this user only."""
        self.make_folders()
        return Store.open(self.store_url)

    def make_folders(self) -> None:
        """Make the folders, each readable by this user only."""
        folders = [self.data_dir, self.journals, self.snapshots, self.logs]
        if self.tracking_source == "default":
            folders.append(self.mlflow_dir)
        for folder in folders:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def process_environment(self) -> dict[str, str]:
        """The variables that make another process (worker, runner, kernel) use these same settings."""
        env = {
            DATA_DIR: str(self.data_dir),
            STORE_URL: self.store_url,
            "JUPYTER_MLOPS_JOURNALS": str(self.journals),
            "MLFLOW_TRACKING_URI": self.tracking_uri,
        }
        if self.tracking_source == "default":
            # MLflow has no public setting for the artifact root of a database used without a server, and
            # would write `./mlruns` into whichever folder the process stands in; its own server passes it so.
            env["_MLFLOW_SERVER_ARTIFACT_ROOT"] = (self.mlflow_dir / "artifacts").as_uri()
        elif self.tracking_source == "setting":
            env[TRACKING_URI] = self.tracking_uri
        if self.max_running is not None:
            env[MAX_RUNNING] = str(self.max_running)
        if self.executor_limits:
            env[EXECUTOR_LIMITS] = " ".join(f"{name}={most}" for name, most in self.executor_limits.items())
        return env


def _read_limit(text: str) -> int | None:
    """A number of at least one; what is none is no limit."""
    return int(text) if text.isdecimal() and int(text) else None


def _read_limits(text: str) -> dict[str, int]:
    """`local=4 dask=100`, with spaces or commas between."""
    pairs = (one.partition("=") for one in text.replace(",", " ").split())
    return {name: limit for name, _, most in pairs if name and (limit := _read_limit(most)) is not None}


def _default_tracking_uri(data_dir: Path) -> str:
    return f"sqlite:///{data_dir / 'mlflow' / 'mlflow.db'}"


def hide_password(uri: str) -> str:
    """A URI fit to be shown: `user:secret@` becomes `user:***@`."""
    try:
        return make_url(uri).render_as_string(hide_password=True) if "@" in uri else uri
    except ArgumentError:
        return uri
