"""Checking a request before anything is stored: path, notebook, kernel, parameters, model name."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jupyter_mlops.config import Settings
from jupyter_mlops.errors import BadInputError
from jupyter_mlops.jobs.glance import Glance, understand
from jupyter_mlops.jobs.policies import Policies, check_policies
from jupyter_mlops.jobs.spec import RunRequest
from jupyter_mlops.models.gates.registry import parse_plan
from jupyter_mlops.notebooks.kernels import choose_kernel
from jupyter_mlops.notebooks.parameters import validate_parameters
from jupyter_mlops.notebooks.paths import relative_path, resolve_notebook
from jupyter_mlops.secrets.environment import check_environment, refuse_references
from jupyter_mlops.store.tables import Job
from jupyter_mlops.tracking.registry import check_model_name

MAX_NAME_CHARS = 200


@dataclass(frozen=True)
class PreparedRun:
    """A request found good, with all that a run's row needs.

    Args:
        root: the server root, resolved.
        notebook: path relative to the root.
        content, sha: the notebook's bytes and their SHA-256; `keep_snapshot` keeps them.
        kernel: the kernel that was asked for, None for the notebook's own.
        registration: how the model is registered, as a plan is stored.
        environment: of the kernel, secrets by reference.
        policies: those that were asked for.
        priority: the one that was asked for.
    """

    root: str
    notebook: str
    name: str
    content: bytes
    sha: str
    parameters: dict[str, Any]
    kernel: str | None
    register_model: str | None
    registration: dict[str, Any]
    environment: dict[str, str]
    policies: dict[str, Any]
    priority: int | None

    @property
    def columns(self) -> dict[str, Any]:
        """What is run, as a job's row has it."""
        return {
            "notebook": self.notebook,
            "parameters": self.parameters,
            "kernel": self.kernel,
            "register_model": self.register_model,
            "registration": self.registration,
            "environment": self.environment or None,
        }

    def columns_over(self, job: Job) -> dict[str, Any]:
        """The same for a job that there is: what the environment does not name stays as it has it."""
        return {**self.columns, "environment": {**(job.environment or {}), **self.environment} or None}

    def keep_snapshot(self, settings: Settings, glance: Glance | None = None) -> str:
        """Keep the notebook as it is now; answers with its SHA-256."""
        (glance or Glance()).keep(self.content, self.sha, settings)
        return self.sha


def prepare_run(request: RunRequest, root: Path, glance: Glance | None = None) -> PreparedRun:
    """Check a request; nothing is stored.

    Args:
        request: what is asked for.
        root: the server root that it belongs to.
        glance: what requests of the same moment have seen already.

    Raises:
        MlopsError: one of its kinds for each thing that can be wrong, its `field` named.
    """
    glance = glance or Glance()
    path = resolve_notebook(root, request.notebook)
    content, sha = glance.read(path)
    understood = understand(content, sha)
    choose_kernel(understood.notebook, request.kernel, glance.kernels)
    refuse_references(request.parameters)
    parameters = validate_parameters(understood.parameters, request.parameters)
    relative = relative_path(root, request.notebook, path)
    register_model = check_model_name(request.register_model) if request.register_model else None
    name = relative.removesuffix(".ipynb") if request.name is None else check_name(request.name)
    policies = check_policies(request.policies)
    return PreparedRun(
        root=str(root.resolve()),
        notebook=relative,
        name=name,
        content=content,
        sha=sha,
        parameters=parameters,
        kernel=request.kernel,
        register_model=register_model,
        registration=_registration(request),
        environment=check_environment(request.environment),
        policies=policies,
        priority=_priority(request, policies),
    )


def _registration(request: RunRequest) -> dict[str, Any]:
    if not request.registration:
        return {}
    if not request.register_model:
        raise BadInputError(
            "How a model is registered is given, but not the name of the model.",
            field="register_model",
            hint="Name the registered model that gets the version, such as breast-cancer.",
        )
    return parse_plan(request.registration).as_dict()


def _priority(request: RunRequest, policies: dict[str, Any]) -> int | None:
    if request.priority is None:
        return policies.get("priority")
    return Policies.parse({"priority": request.priority}).priority


def check_name(name: str) -> str:
    """A job's name without spaces around it.

    Raises:
        BadInputError: it cannot be one.
    """
    name = name.strip()
    if not name or len(name) > MAX_NAME_CHARS or not name.isprintable():
        raise BadInputError(
            f"{name[:40]!r} cannot be a job's name.",
            field="name",
            hint=f"Give 1 to {MAX_NAME_CHARS} printable characters, or none for the notebook's own name.",
        )
    return name
