"""What a job of a notebook would need: its parameters, kernel and content hash."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from jupyter_mlops.errors import KernelError

from .kernels import DEFAULT_KERNEL, KernelInfo, available_kernels, choose_kernel
from .parameter import Parameter
from .parameters import infer_parameters
from .paths import relative_path, resolve_notebook
from .read import Notebook, read_notebook


@dataclass(frozen=True)
class NotebookInspection:
    """The schema `NotebookInspection` of the OpenAPI file, which says what each field is."""

    notebook: str
    name: str
    sha: str
    nbformat: str
    language: str | None
    kernel: str | None
    kernel_problem: str | None
    default_kernel: str | None
    kernels: tuple[KernelInfo, ...]
    code_cells: int
    has_parameters_cell: bool
    parameters: tuple[Parameter, ...]
    warnings: tuple[str, ...]

    def as_dict(self) -> dict[str, object]:
        """The body that REST and `--json` answer with."""
        return {
            **vars(self),
            "kernels": [kernel.as_dict() for kernel in self.kernels],
            "parameters": [parameter.as_dict() for parameter in self.parameters],
            "warnings": list(self.warnings),
        }


def inspect_notebook(
    root: Path,
    path: str,
    *,
    available: Sequence[KernelInfo] | None = None,
    default_kernel: str = DEFAULT_KERNEL,
) -> NotebookInspection:
    """Read a notebook under the root and say what a job of it would need; nothing is run or stored.

    Args:
        root: the server's root folder.
        path: of the notebook, relative to the root or absolute below it.
        available: the installed kernels; those of this environment by default.
        default_kernel: offered first for a Python notebook whose own kernel is not there.

    Raises:
        OutsideRootError, NotFoundError, InvalidNotebookError: the notebook cannot be read.
    """
    real = resolve_notebook(root, path)
    kernels = tuple(available_kernels() if available is None else available)
    return describe_notebook(read_notebook(real), relative_path(root, path, real), kernels, default_kernel)


def describe_notebook(
    notebook: Notebook, path: str, available: Sequence[KernelInfo], default_kernel: str = DEFAULT_KERNEL
) -> NotebookInspection:
    """The inspection of a notebook already read; `path` is its name under the root."""
    parameters = infer_parameters(notebook)
    problem, chosen = _kernel(notebook, available, default_kernel)
    return NotebookInspection(
        notebook=path,
        name=path.removesuffix(".ipynb"),
        sha=notebook.sha,
        nbformat=notebook.nbformat,
        language=notebook.language,
        kernel=notebook.kernel_name,
        kernel_problem=problem,
        default_kernel=chosen,
        kernels=tuple(available),
        code_cells=notebook.code_cells,
        has_parameters_cell=parameters.has_cell,
        parameters=parameters.parameters,
        warnings=(*notebook.warnings, *parameters.warnings),
    )


def _kernel(
    notebook: Notebook, available: Sequence[KernelInfo], default: str
) -> tuple[str | None, str | None]:
    try:
        choice = choose_kernel(notebook, None, available, default)
    except KernelError as error:
        return " ".join(filter(None, (error.message, error.hint))), None
    return choice.problem, choice.name
