"""Is everything there and does it work? Each check says what it found and, where needed, how to mend it."""

from __future__ import annotations

import importlib.metadata
import json
import os
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Literal
from urllib.request import Request, urlopen

from jupyter_mlops import __version__
from jupyter_mlops.config import DATA_DIR, Settings, hide_password
from jupyter_mlops.errors import MlopsError
from jupyter_mlops.readable import show_bytes
from jupyter_mlops.store import Store

Status = Literal["ok", "warning", "broken"]
LITTLE_DISK = 2 * 2**30
NO_DISK = 200 * 2**20
LARGE_LOG = 100 * 2**20
KERNEL_ANSWERS_WITHIN_S = 30.0
SERVER_ANSWERS_WITHIN_S = 5.0


@dataclass(frozen=True)
class Finding:
    """What a check found.

    Args:
        check: what was looked at.
        status: `ok`; `warning`: works, but see to it; `broken`: something of the product does not work.
        message: what was found, in one sentence.
        mend: what to do, None when nothing.
    """

    check: str
    status: Status
    message: str
    mend: str | None = None

    def as_dict(self) -> dict[str, str | None]:
        """As `doctor --json` has it."""
        return asdict(self)


def examine(settings: Settings) -> Iterator[Finding]:
    """Make every check, in the order in which they build on each other; never raises."""
    checks: dict[str, Callable[[], Iterable[Finding]]] = {
        "packages": _check_packages,
        "server extension": _check_server_extension,
        "JupyterLab extension": _check_lab_extension,
        "data folder": lambda: _check_data_dir(settings),
        "disk space": lambda: _check_disk(settings),
        "store": lambda: _check_store(settings),
        "retention": _check_retention,
        "run retention": _check_run_retention,
        "channels": lambda: _check_channels(settings),
        "servers": _check_servers,
        "tracking": lambda: _check_tracking(settings),
        "kernels": _check_kernels,
        "logs": lambda: _check_logs(settings),
    }
    for name, check in checks.items():
        try:
            yield from check()
        except MlopsError as error:
            yield Finding(name, "broken", error.message, error.hint)
        except Exception as error:  # noqa: BLE001 - a check that fails is a finding, and not the last one
            yield Finding(name, "broken", f"It could not be checked: {type(error).__name__}: {error}.")


def _check_packages() -> Iterator[Finding]:
    from packaging.requirements import InvalidRequirement, Requirement

    unmet = []
    for line in importlib.metadata.requires("jupyter_mlops") or ():
        try:
            requirement = Requirement(line)
        except InvalidRequirement:
            continue
        if requirement.marker is not None and not requirement.marker.evaluate({"extra": ""}):
            continue
        found = _version(requirement.name)
        if found is None or not requirement.specifier.contains(found, prereleases=True):
            unmet.append(f"{requirement.name}{requirement.specifier} ({found or 'absent'})")
    python = ".".join(map(str, sys.version_info[:3]))
    if unmet:
        mend = f"{sys.executable} -m pip install --upgrade jupyter_mlops"
        yield Finding("packages", "broken", f"Not as needed: {', '.join(unmet)}.", mend)
        return
    named = ("jupyterlab", "mlflow", "papermill", "ipykernel")
    versions = ", ".join(f"{name} {_version(name)}" for name in named)
    yield Finding("packages", "ok", f"jupyter_mlops {__version__}, Python {python}, {versions}.")


def _check_server_extension() -> Iterator[Finding]:
    from jupyter_core.paths import jupyter_config_path
    from jupyter_server.extension.config import ExtensionConfigManager

    manager: Any = ExtensionConfigManager(read_config_path=jupyter_config_path())
    enabled = manager.get_jpserver_extensions()
    if enabled.get("jupyter_mlops"):
        yield Finding("server extension", "ok", "Enabled.")
    else:
        mend = "jupyter server extension enable jupyter_mlops"
        yield Finding("server extension", "broken", "Jupyter Server is not told to load it.", mend)


def _check_lab_extension() -> Iterator[Finding]:
    from jupyter_core.paths import jupyter_path

    check = "JupyterLab extension"
    folders = jupyter_path("labextensions")
    candidates = (Path(folder, "jupyter_mlops", "package.json") for folder in folders)
    found = next(filter(Path.is_file, candidates), None)
    mend = f"{sys.executable} -m pip install --force-reinstall --no-deps jupyter_mlops"
    if found is None:
        message = f"The sidebar is not installed; looked in {', '.join(folders)}."
        yield Finding(check, "broken", message, mend)
        return
    version = json.loads(found.read_text(encoding="utf-8")).get("version")
    if version != __version__:
        message = f"The sidebar is of version {version}, the server's part of {__version__}."
        yield Finding(check, "warning", message, mend)
    elif _is_lab_extension_disabled():
        mend = "jupyter labextension enable jupyter_mlops"
        yield Finding(check, "broken", "The sidebar is installed, but disabled.", mend)
    else:
        yield Finding(check, "ok", f"Installed in {found.parent}.")


def _is_lab_extension_disabled() -> bool:
    from jupyter_core.paths import jupyter_config_path

    disabled: dict[str, bool] = {}
    for folder in reversed(jupyter_config_path()):
        try:
            config = json.loads(Path(folder, "labconfig", "page_config.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        given = config.get("disabledExtensions", {})
        disabled.update(given if isinstance(given, dict) else dict.fromkeys(given, True))
    return disabled.get("jupyter_mlops", False)


def _check_data_dir(settings: Settings) -> Iterator[Finding]:
    folder = settings.data_dir
    try:
        settings.make_folders()
        with tempfile.TemporaryFile(dir=folder) as probe:
            probe.write(b"jupyter_mlops")
    except OSError as error:
        message = f"{folder} cannot be written: {error.strerror or error}."
        mend = f"Mend its rights, or choose another folder by {DATA_DIR}."
        yield Finding("data folder", "broken", message, mend)
        return
    mode = stat.S_IMODE(folder.stat().st_mode)
    if os.name == "posix" and mode & 0o077:
        message = f"{folder} can be read by others (mode {mode:04o}): notebooks and outputs are in it."
        yield Finding("data folder", "broken", message, f"chmod 700 '{folder}'")
    else:
        yield Finding("data folder", "ok", f"{folder}, this user's only.")


def _check_disk(settings: Settings) -> Iterator[Finding]:
    free = shutil.disk_usage(settings.data_dir).free
    status: Status = "broken" if free < NO_DISK else "warning" if free < LITTLE_DISK else "ok"
    mend = None if status == "ok" else f"Free some space, or choose another folder by {DATA_DIR}."
    yield Finding("disk space", status, f"{show_bytes(free)} free under {settings.data_dir}.", mend)


def _check_store(settings: Settings) -> Iterator[Finding]:
    """The store, and what only it knows: workers and records."""
    from jupyter_mlops.jobs.preflight.secrets import report_secrets
    from jupyter_mlops.models.health import report
    from jupyter_mlops.store.migrate import HEAD

    store = settings.open_store()
    try:
        yield Finding("store", "ok", f"{store.address}, schema {HEAD}.")
        yield from _check_workers(store)
        yield Finding("registrations", *report(store))
        yield Finding("secrets", *report_secrets(store, settings))
        yield from _check_records(store, settings.journals)
    finally:
        store.close()


def _check_workers(store: Store) -> Iterator[Finding]:
    from jupyter_mlops.runs.workers import live_workers

    now = datetime.now(timezone.utc)
    alive = live_workers(store, now)
    for worker in alive:
        age = (now - worker.heartbeat_at).total_seconds()
        what = f"pid {worker.pid} on {worker.host}, {worker.slots} slots"
        yield Finding("worker", "ok", f"Alive ({what}), heartbeat {age:.0f} s ago.")
    if not alive:
        yield _without_worker(store)


def _without_worker(store: Store) -> Finding:
    from sqlalchemy import func, select

    from jupyter_mlops.jobs.triggers.kinds import fired_by_workers
    from jupyter_mlops.runs.states import RunState
    from jupyter_mlops.store.tables import Job, Run, Trigger

    open_states = (RunState.QUEUED.value, RunState.RUNNING.value)
    due = (Trigger.active, Trigger.kind.in_(fired_by_workers()), Job.deleted_at.is_(None))
    with store.reading() as session:
        runs = session.scalar(select(func.count()).select_from(Run).where(Run.state.in_(open_states))) or 0
        schedules = session.scalar(select(func.count()).select_from(Trigger).join(Job).where(*due)) or 0
    if runs or schedules:
        message = f"None is alive, and {runs} unfinished runs and {schedules} active schedules wait for one."
        return Finding("worker", "broken", message, "jupyter mlops worker, or start JupyterLab")
    return Finding("worker", "ok", "None is alive, and none is needed; one starts with the next run.")


def _check_records(store: Store, folder: Path) -> Iterator[Finding]:
    from jupyter_mlops.capture.health import look_at_records

    health = look_at_records(store, datetime.now(timezone.utc))
    if health.unreadable_lines:
        paths = ", ".join(health.damaged_journals[:3])
        message = f"{health.unreadable_lines} damaged lines were skipped, in {paths}."
        mend = "Check the disk; what was in those lines is lost, and the rest is in the store."
        yield Finding("journals", "warning", message, mend)
    else:
        journals = list(folder.glob("*.jsonl"))
        size = show_bytes(sum(path.stat().st_size for path in journals))
        yield Finding("journals", "ok", f"{len(journals)} in {folder} ({size}), none damaged.")
    if health.hook_errors:
        where = ", ".join(health.failing_notebooks[:3])
        message = f"Recording failed {health.hook_errors} times inside kernels of the last week ({where})."
        mend = "The cells ran as without us, their records have gaps: check the disk; else report it."
        yield Finding("recording", "warning", message, mend)
    else:
        yield Finding("recording", "ok", "It failed in no kernel of the last week.")


def _check_retention() -> Iterator[Finding]:
    from jupyter_mlops.capture.retention import RETENTION, parse_retention

    said = os.environ.get(RETENTION)
    try:
        kept = parse_retention(said)
    except MlopsError as error:
        mend = f"Nothing is purged until {RETENTION} is mended: 30d, 8w. {error.hint or ''}".strip()
        yield Finding("retention", "broken", error.message, mend)
        return
    yield Finding("retention", "ok", "Records are kept for " + (f"{kept.days} days." if kept else "ever."))


def _check_run_retention() -> Iterator[Finding]:
    from jupyter_mlops.housekeeping.daily import default_limits

    limits = default_limits()
    kept = (
        "Runs beyond the limits go once a day."
        if limits
        else "Runs are kept, but where a job says otherwise."
    )
    yield Finding("run retention", "ok", kept)


def _check_channels(settings: Settings) -> Iterator[Finding]:
    from jupyter_mlops.notifications.channels import Channels

    names = ["jupyterlab", *(channel.name for channel in Channels(settings.data_dir).all())]
    if len(names) > 1 and _version("apprise") is None:
        mend = f"{sys.executable} -m pip install 'jupyter_mlops[notify]'"
        yield Finding(
            "channels", "warning", f"{', '.join(names[1:])} may need apprise, which is absent.", mend
        )
        return
    yield Finding("channels", "ok", f"Runs can be told by {', '.join(names)}.")


def _check_servers() -> Iterator[Finding]:
    """What the listeners of this user's running servers count; one that asks for a password is let be."""
    from jupyter_core.paths import jupyter_runtime_dir

    for path in sorted(Path(jupyter_runtime_dir()).glob("jpserver-*.json")):
        counts = _listener_of(json.loads(path.read_text("utf-8")))
        if counts is None:
            continue
        wrong = ", ".join(f"{count} {name}" for name, count in counts.items() if count and name != "deaf")
        check = f"Jupyter server {path.stem.removeprefix('jpserver-')}"
        if wrong:
            mend = "Its log says more; a server that is started anew counts anew."
            yield Finding(check, "warning", f"Listening to its kernels went wrong: {wrong}.", mend)
        else:
            yield Finding(check, "ok", "Running, and listening to its kernels without a failure.")


def _listener_of(server: dict[str, Any]) -> dict[str, int] | None:
    """The counters of a running server's listener; None when it is gone, not ours, or asks for a password."""
    url = f"{str(server['url']).rstrip('/')}/jupyter-mlops/api/status"
    headers = {"Authorization": f"token {server.get('token', '')}"}
    try:  # the address is Jupyter's own word, in a file of this user's
        with urlopen(Request(url, headers=headers), timeout=SERVER_ANSWERS_WITHIN_S) as answer:  # noqa: S310
            counts: dict[str, int] = json.load(answer)["capture"]["listener"]
            return counts
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _check_tracking(settings: Settings) -> Iterator[Finding]:
    from jupyter_mlops.tracking.late_tellings import report
    from jupyter_mlops.tracking.probe import check_tracking

    yield from (Finding("untold", *told) for told in report(settings))
    shown = hide_password(settings.tracking_uri)
    origin = {"environment": "MLFLOW_TRACKING_URI", "setting": "the setting", "default": "the default"}
    try:
        check_tracking(settings.tracking_uri)
    except MlopsError as error:
        yield Finding("tracking", "broken", error.message, error.hint)
        return
    answers = " answers" if settings.tracking_uri.startswith("http") else ""
    yield Finding("tracking", "ok", f"{shown}{answers} (by {origin[settings.tracking_source]}).")


def _check_kernels() -> Iterator[Finding]:
    from jupyter_client.kernelspec import KernelSpecManager

    from jupyter_mlops.notebooks.kernels import DEFAULT_KERNEL

    specs = KernelSpecManager().get_all_specs()
    if DEFAULT_KERNEL not in specs:
        message = (
            f"The default kernel {DEFAULT_KERNEL} is not installed; there are {', '.join(specs) or 'none'}."
        )
        mend = f"{sys.executable} -m ipykernel install --user"
        yield Finding("kernels", "broken" if not specs else "warning", message, mend)
        return
    yield Finding("kernels", "ok", f"{', '.join(sorted(specs))}.")
    python = specs[DEFAULT_KERNEL]["spec"]["argv"][0]
    yield _check_recorder(shutil.which(python) or python)


def _check_recorder(python: str) -> Finding:
    """Whether `%load_ext jupyter_mlops` can work in the default kernel, whose Python may be another."""
    command = [python, "-c", "import jupyter_mlops.capture.recorder"]
    mend = f"{python} -m pip install jupyter_mlops"
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=KERNEL_ANSWERS_WITHIN_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return Finding("recorder", "broken", f"The default kernel's Python does not start: {error}.", mend)
    if done.returncode:
        cause = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        return Finding("recorder", "broken", f"The default kernel cannot load it: {cause}.", mend)
    return Finding("recorder", "ok", f"Can be loaded in the default kernel ({python}).")


def _check_logs(settings: Settings) -> Iterator[Finding]:
    logs = sorted(settings.logs.glob("*.log"))
    large = [path for path in logs if path.stat().st_size > LARGE_LOG]
    if large:
        names = ", ".join(path.name for path in large)
        mend = f"Delete them: {' '.join(map(str, large))}"
        yield Finding("logs", "warning", f"{names} take more than {show_bytes(LARGE_LOG)} each.", mend)
        return
    recent = [path for path in logs if _failed_recently(path)]
    if recent:
        message = f"Errors of the last day are in {', '.join(map(str, recent))}."
        yield Finding("logs", "warning", message, "Read their ends; report what you cannot explain.")
    else:
        yield Finding("logs", "ok", f"No errors of the last day in {settings.logs}.")


def _failed_recently(path: Path) -> bool:
    """Whether the log's last 64 KiB hold an error of ours, and it was written in the last day."""
    facts = path.stat()
    if datetime.fromtimestamp(facts.st_mtime, timezone.utc) < datetime.now(timezone.utc) - timedelta(days=1):
        return False
    with path.open("rb") as log:
        log.seek(max(0, facts.st_size - 65536))
        return any(b"jupyter_mlops" in line and b" ERROR " in line for line in log)


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None
