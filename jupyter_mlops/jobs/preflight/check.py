"""The preflight: what can be known of a run within two seconds, without running anything of its user's."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from jupyter_mlops.config import Settings
from jupyter_mlops.errors import KernelError, TrackingUnavailableError
from jupyter_mlops.jobs.policies import Preflight
from jupyter_mlops.jobs.preflight.files import missing_files
from jupyter_mlops.jobs.preflight.findings import Finding, PreflightError, certain
from jupyter_mlops.jobs.preflight.imports import (
    ModuleFinder,
    imported_modules,
    interpreter_of,
    module_finding,
)
from jupyter_mlops.jobs.preflight.program import Statement, read_program
from jupyter_mlops.notebooks.kernels import available_kernels, choose_kernel
from jupyter_mlops.notebooks.read import Notebook
from jupyter_mlops.tracking.probe import check_tracking

WITHIN_S = 2.0
FULL_BYTES = 10_000_000
SCARCE_BYTES = 500_000_000
MAX_FINDINGS = 20
_finder = ModuleFinder()


@dataclass(frozen=True)
class Flight:
    """What is about to run.

    Attributes:
        notebook: as it will run.
        folder: in which its kernel starts.
        output: a folder on the disk that the executed notebook goes to.
        kernel: the kernel asked for, None for the notebook's own.
    """

    notebook: Notebook
    folder: Path
    output: Path
    kernel: str | None = None


def preflight(flight: Flight, settings: Settings) -> list[Finding]:
    """What the run will, or may, fail by; the sure ones first."""
    until = time.monotonic() + WITHIN_S
    found = [*_disk(flight), *_kernel(flight)]
    if not any(finding.code == "kernel" for finding in found) and _is_python(flight):
        program = list(read_program(flight.notebook.node.cells, flight.folder))
        found += missing_files(program, flight.folder)
        found += _imports(flight, program, until)
    found += _tracking(settings, until)
    return sorted(found, key=lambda finding: not finding.certain)[:MAX_FINDINGS]


def refuse_if_certain(findings: Sequence[Finding], policy: Preflight) -> None:
    """Hold a run back by its job's policy.

    Raises:
        PreflightError: the policy is `refuse`, and the run is sure to fail.
    """
    if policy == "refuse" and (sure := certain(findings)):
        raise PreflightError(sure)


def _is_python(flight: Flight) -> bool:
    language = choose_kernel(flight.notebook, flight.kernel, available_kernels()).language
    return language.lower() in ("python", "ipython")


def _kernel(flight: Flight) -> Iterator[Finding]:
    try:
        choice = choose_kernel(flight.notebook, flight.kernel, available_kernels())
    except KernelError as error:
        yield Finding("kernel", error.message, True, subject=flight.kernel, hint=error.hint)
        return
    if choice.problem:
        yield Finding("unchecked", choice.problem, False, subject=choice.name)


def _imports(flight: Flight, program: Sequence[Statement], until: float) -> Iterator[Finding]:
    modules = imported_modules(program)
    if not modules:
        return
    argv, environment = _kernel_command(flight)
    interpreter = interpreter_of(argv)
    if interpreter is None:
        yield _unchecked("The kernel is not started by a Python interpreter of its own")
        return
    try:
        missing = _finder.missing(
            interpreter,
            sorted({module.name for module in modules}),
            flight.folder,
            environment,
            max(0.1, until - time.monotonic()),
        )
    except subprocess.TimeoutExpired:
        yield _unchecked("The kernel's interpreter did not answer in time")
    except (OSError, subprocess.SubprocessError, ValueError, IndexError) as error:
        yield _unchecked(f"The kernel's interpreter could not be asked ({type(error).__name__})")
    else:
        yield from (module_finding(module) for module in modules if module.name in missing)


def _kernel_command(flight: Flight) -> tuple[list[str], Mapping[str, str]]:
    from jupyter_client.kernelspec import KernelSpecManager

    name = choose_kernel(flight.notebook, flight.kernel, available_kernels()).name
    spec = KernelSpecManager().get_kernel_spec(name)
    return list(spec.argv), {str(key): str(value) for key, value in spec.env.items()}


def _tracking(settings: Settings, until: float) -> Iterator[Finding]:
    try:
        check_tracking(settings.tracking_uri, max(0.2, until - time.monotonic()))
    except TrackingUnavailableError as error:
        yield Finding("tracking", error.message, True, hint=error.hint)


def _disk(flight: Flight) -> Iterator[Finding]:
    try:
        free = shutil.disk_usage(_existing(flight.output)).free
    except OSError:
        return
    where = str(flight.output)
    hint = "`jupyter mlops clean` shows what old runs hold."
    if free < FULL_BYTES:
        message = f"The disk is full: {free / 1e6:.0f} MB are left for what the run writes."
        yield Finding("disk", message, True, subject=where, hint=hint)
    elif free < SCARCE_BYTES:
        message = f"Only {free / 1e6:.0f} MB are left on the disk that the run writes to."
        yield Finding("disk", message, False, subject=where, hint=hint)


def _existing(path: Path) -> Path:
    return next((folder for folder in (path, *path.parents) if folder.exists()), Path("/"))


def _unchecked(why: str) -> Finding:
    return Finding("unchecked", f"{why}, so that its imports were not checked.", False)
