"""Environments made of a model's requirements alone, kept for the next model that requires the same."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from filelock import FileLock, Timeout

from jupyter_mlops.models.trial import TrialError
from jupyter_mlops.readable import show_seconds

FOLDER = "model-environments"
FORGET_AFTER_S = 30 * 86400
_READY = "ready"


def ensure_environment(
    data_dir: Path,
    requirements: Sequence[str],
    python: str | None,
    within_s: float,
    tell: Callable[[str], None],
) -> Path:
    """The Python of an environment that has these requirements and nothing else; made unless it is there.

    Args:
        data_dir: environments are kept in its folder `model-environments`, by the hash of their requirements.
        requirements: as in `requirements.txt`.
        python: the version that the model was made with, as `3.11.4`; its first two numbers count.
        within_s: how many seconds making it may take.
        tell: is told that it takes a while.

    Raises:
        TrialError: the model has no requirements, or they cannot be installed in time.
    """
    if not requirements:
        raise TrialError(
            "The model says nothing of its requirements, so no fresh environment can be made.",
            hint="Log it with pip_requirements=[...].",
        )
    wanted = ".".join((python or "").split(".")[:2]) or _own_python()
    folder = data_dir / FOLDER / _name(requirements, wanted)
    folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    _forget_old(folder.parent)
    until = time.monotonic() + within_s
    try:
        with FileLock(f"{folder}.lock", timeout=within_s, mode=0o600):
            if not (folder / _READY).exists():
                tell(f"Making an environment of the model's {len(requirements)} requirements…")
                _make(folder, requirements, wanted, until)
            (folder / _READY).touch()
    except Timeout:
        raise TrialError("Another process is making the same environment, and takes long.") from None
    return _python_in(folder)


def _make(folder: Path, requirements: Sequence[str], wanted: str, until: float) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    uv = _find_uv()
    try:
        with tempfile.TemporaryDirectory() as beside:
            listed = Path(beside, "requirements.txt")
            listed.write_text("\n".join(requirements) + "\n", "utf-8")
            for command in _commands(uv, folder, listed, wanted):
                _run(command, until)
    except TrialError:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _commands(uv: str | None, folder: Path, listed: Path, wanted: str) -> Iterator[list[str]]:
    own = wanted == _own_python()
    if uv is not None:
        yield [uv, "venv", "--no-project", "--python", sys.executable if own else wanted, str(folder)]
        python = str(_python_in(folder))
        yield [uv, "pip", "install", "--python", python, "--requirement", str(listed)]
        return
    if not own:
        raise TrialError(
            f"The model was made with Python {wanted}, and this is Python {_own_python()}.",
            hint="Install uv, which can fetch it; or smoke test in the current environment.",
        )
    yield [sys.executable, "-m", "venv", str(folder)]
    yield [str(_python_in(folder)), "-m", "pip", "install", "--quiet", "--requirement", str(listed)]


def _run(command: Sequence[str], until: float) -> None:
    env = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}
    left = until - time.monotonic()
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=max(1.0, left), env=env
        )
    except subprocess.TimeoutExpired as error:
        raise TrialError(
            f"The model's environment was not made within {show_seconds(error.timeout)}.",
            hint="What was fetched so far is kept: try again, or give fewer requirements.",
        ) from None
    except OSError as error:
        raise TrialError(f"The model's environment cannot be made: {error}.") from error
    if done.returncode != 0:
        lines = [line.strip() for line in (done.stderr or done.stdout).splitlines() if line.strip()]
        said = " ".join(lines[-4:])[:400] or f"{command[0]} failed"
        raise TrialError(
            f"The model's requirements cannot be installed: {said}",
            hint="Log the model with requirements that can be: pip_requirements=[...].",
        )


def _name(requirements: Sequence[str], wanted: str) -> str:
    stated = json.dumps([wanted, sys.platform, sorted(line.strip() for line in requirements)])
    return hashlib.sha256(stated.encode()).hexdigest()[:32]


def _find_uv() -> str | None:
    beside = str(Path(sys.executable).parent)
    return shutil.which("uv", path=os.pathsep.join([beside, os.environ.get("PATH", "")]))


def _own_python() -> str:
    return f"{sys.version_info[0]}.{sys.version_info[1]}"


def _python_in(folder: Path) -> Path:
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def _forget_old(folder: Path) -> None:
    """Remove what nobody has used for a month."""
    for ready in folder.glob(f"*/{_READY}"):
        try:
            unused_s = time.time() - ready.stat().st_mtime
        except OSError:
            continue
        if unused_s > FORGET_AFTER_S:
            with FileLock(f"{ready.parent}.lock", mode=0o600):
                shutil.rmtree(ready.parent, ignore_errors=True)
