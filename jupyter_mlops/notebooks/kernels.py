"""Which kernel runs a notebook."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Protocol

from jupyter_mlops.errors import KernelError

from .read import Notebook

DEFAULT_KERNEL = "python3"

_ADVICE = {
    "python": "python -m pip install ipykernel && python -m ipykernel install --user --name {name}",
    "r": "R -e 'install.packages(\"IRkernel\"); IRkernel::installspec()'",
    "julia": "julia -e 'using Pkg; Pkg.add(\"IJulia\")'",
    "bash": "python -m pip install bash_kernel && python -m bash_kernel.install",
}


class KernelSpecs(Protocol):
    """The part of jupyter_client's KernelSpecManager that is used here."""

    def get_all_specs(self) -> dict[str, dict[str, object]]:
        """Each installed kernelspec by name: its folder and the contents of its kernel.json."""


@dataclass(frozen=True)
class KernelInfo:
    """An installed kernel."""

    name: str
    display_name: str
    language: str

    def as_dict(self) -> dict[str, object]:
        """As `Kernel` in the OpenAPI file."""
        return asdict(self)


@dataclass(frozen=True)
class KernelChoice:
    """The kernel to run a notebook with.

    Attributes:
        name: of the kernelspec.
        display_name: for people.
        language: of the kernel, which papermill asks for when the notebook names none.
        problem: why the kernel that the notebook names cannot be used, in one sentence, or None.
        offered: whether this is our offer instead of what the notebook or the request names.
    """

    name: str
    display_name: str
    language: str
    problem: str | None = None
    offered: bool = False


def available_kernels(manager: KernelSpecs | None = None) -> tuple[KernelInfo, ...]:
    """The installed kernels by name; `manager` is jupyter_client's KernelSpecManager by default."""
    if manager is None:
        from jupyter_client.kernelspec import KernelSpecManager

        manager = KernelSpecManager()
    kernels = []
    for name, found in sorted(manager.get_all_specs().items()):
        spec = found.get("spec")
        if isinstance(spec, dict):
            kernels.append(
                KernelInfo(name, str(spec.get("display_name") or name), str(spec.get("language") or ""))
            )
    return tuple(kernels)


def choose_kernel(
    notebook: Notebook,
    requested: str | None,
    available: Sequence[KernelInfo],
    default: str = DEFAULT_KERNEL,
) -> KernelChoice:
    """The kernel for a run: the requested one, else the notebook's own, else one offered for its language.

    Raises:
        KernelError: the requested kernel, or any for the notebook's language, is not installed.
    """
    by_name = {kernel.name: kernel for kernel in available}
    if requested:
        if requested not in by_name:
            raise _unknown(requested, None, available)
        return _chosen(by_name[requested])
    named = notebook.kernel_name
    if named in by_name:
        return _chosen(by_name[named])
    offer = _offer(notebook.language, by_name, default)
    if offer is None:
        raise _no_kernel_for(notebook, available)
    problem = (
        f"The notebook names the kernel '{named}', which is not installed; {offer.name} is used instead."
        if named
        else f"The notebook names no kernel; {offer.name} is used."
    )
    return KernelChoice(offer.name, offer.display_name, offer.language, problem, offered=True)


def _chosen(kernel: KernelInfo) -> KernelChoice:
    return KernelChoice(kernel.name, kernel.display_name, kernel.language)


def _offer(language: str | None, by_name: dict[str, KernelInfo], default: str) -> KernelInfo | None:
    """A kernel of the language, the default first; a notebook that names no language is taken for Python."""
    wanted = _plain(language or "python")
    candidates = [by_name[default]] if default in by_name else []
    candidates += by_name.values()
    return next((kernel for kernel in candidates if _plain(kernel.language) == wanted), None)


def _plain(language: str) -> str:
    language = language.lower()
    return "python" if language in ("python2", "python3", "ipython", "ipython2", "ipython3") else language


def _no_kernel_for(notebook: Notebook, available: Sequence[KernelInfo]) -> KernelError:
    language = notebook.language or "python"
    if notebook.kernel_name:
        return _unknown(notebook.kernel_name, language, available)
    return KernelError(
        f"No kernel for {language} is installed.", field="kernel", hint=_hint(language, None, available)
    )


def _unknown(name: str, language: str | None, available: Sequence[KernelInfo]) -> KernelError:
    of_language = f", and no other kernel for {language} is" if language else ""
    return KernelError(
        f"The kernel '{name}' is not installed{of_language}.",
        field="kernel",
        hint=_hint(language, name, available),
    )


def _hint(language: str | None, name: str | None, available: Sequence[KernelInfo]) -> str:
    names = [kernel.name for kernel in available]
    close = difflib.get_close_matches(name, names, 1) if name else []
    parts = [f"Did you mean {close[0]}?"] if close else []
    parts.append(f"Installed are {', '.join(names)}." if names else "No kernel is installed at all.")
    advice = _ADVICE.get(_plain(language or "python"))
    if advice:
        parts.append(f"To install it: {advice.format(name=name or DEFAULT_KERNEL)}")
    else:
        parts.append(f"Install a Jupyter kernel for {language}, or choose another kernel.")
    return " ".join(parts)
