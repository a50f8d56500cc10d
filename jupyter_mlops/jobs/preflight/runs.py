"""Preflight of a run: when it is asked for, when it is submitted, and just before its kernel starts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from sqlalchemy.orm import Session

from jupyter_mlops.config import Settings
from jupyter_mlops.jobs.policies import Policies
from jupyter_mlops.jobs.preflight.check import Flight, preflight, refuse_if_certain
from jupyter_mlops.jobs.preflight.findings import Finding
from jupyter_mlops.jobs.preflight.places import unmanned_executor, unwritable_output
from jupyter_mlops.jobs.preflight.secrets import missing_secrets
from jupyter_mlops.jobs.prepare import PreparedRun
from jupyter_mlops.jobs.spec import RunRequest
from jupyter_mlops.notebooks.parameters import infer_parameters, validate_parameters
from jupyter_mlops.notebooks.paths import resolve_notebook
from jupyter_mlops.notebooks.read import Notebook, read_notebook
from jupyter_mlops.secrets.environment import check_environment, refuse_references
from jupyter_mlops.secrets.keeping import Secrets
from jupyter_mlops.store import Store
from jupyter_mlops.store.tables import Run

FINDINGS = "findings"
"""Where a row's `progress` keeps them."""


def preflight_request(
    request: RunRequest, root: Path, settings: Settings, store: Store | None = None
) -> list[Finding]:
    """What a run would, or may, fail by; nothing is stored.

    Args:
        request: for the run.
        root, settings: of its job.
        store: which knows what workers there are; None: they are not asked after.

    Raises:
        MlopsError: the notebook cannot be read, or the parameters do not fit it.
    """
    path = resolve_notebook(root, request.notebook)
    notebook = read_notebook(path)
    refuse_references(request.parameters)
    validate_parameters(infer_parameters(notebook), request.parameters)
    secrets = missing_secrets(check_environment(request.environment), Secrets(settings))
    policies = Policies.of(request.policies)
    found = [*preflight(Flight(notebook, path.parent, root, request.kernel), settings), *secrets]
    if store is not None:
        with store.reading() as session:
            found += unmanned_executor(policies, session)
    return [*found, *unwritable_output(policies)]


def preflight_prepared(prepared: PreparedRun, settings: Settings) -> list[Finding]:
    """The same of a request that was found good."""
    root = Path(prepared.root)
    folder = (root / prepared.notebook).parent
    return preflight(Flight(read_notebook(prepared.content), folder, root, prepared.kernel), settings)


def keep_findings(
    run: Run, findings: Sequence[Finding], secrets: Secrets | None = None, session: Session | None = None
) -> None:
    """Keep with a new run what its preflight found, as its policies say, and which `secrets` it lacks.

    Of its executor it is told where there is a `session` to ask for workers in.

    Raises:
        PreflightError: they say `refuse`, and the run is sure to fail.
    """
    policies = Policies.of(run.policies or {})
    refuse_if_certain(findings, policies.preflight)
    if policies.preflight != "off":
        missing = missing_secrets(run.environment or {}, secrets) if secrets else ()
        unmanned = unmanned_executor(policies, session) if session else ()
        findings = [*findings, *missing, *unmanned, *unwritable_output(policies)]
        run.progress = {**(run.progress or {}), FINDINGS: [finding.as_dict() for finding in findings]}


def preflight_before_start(
    run: Run, notebook: Notebook, settings: Settings, write: Callable[..., None]
) -> None:
    """Look once more just before the kernel starts, and `write` what was found to the run's row.

    A run that is only warned of is not looked at twice; one that nobody submitted, as its trigger fired, is
    looked at here for the first time.

    Raises:
        PreflightError: the policy is `refuse`, and the run is sure to fail.
    """
    policies = Policies.of(run.policies or {})
    policy = policies.preflight
    if policy == "off" or (policy == "warn" and FINDINGS in (run.progress or {})):
        return
    root = Path(run.root)
    flight = Flight(notebook, (root / run.notebook).parent, root, run.kernel)
    findings = [*preflight(flight, settings), *unwritable_output(policies)]
    run.progress = {**(run.progress or {}), FINDINGS: [finding.as_dict() for finding in findings]}
    write(progress=run.progress)
    refuse_if_certain(findings, policy)
