"""The kernel for a notebook: its own, else one of its language, else a refusal that says what to do."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from jupyter_client.kernelspec import KernelSpecManager

from jupyter_mlops.errors import KernelError
from jupyter_mlops.notebooks.kernels import KernelInfo, available_kernels, choose_kernel
from jupyter_mlops.notebooks.read import Notebook

MakeNotebook = Callable[..., Notebook]

PYTHON = KernelInfo("python3", "Python 3", "python")
CONDA = KernelInfo("conda-a", "Python (a)", "Python")
R = KernelInfo("ir", "R", "R")
ALL = (CONDA, R, PYTHON)


def naming(make_notebook: MakeNotebook, name: str | None, language: str | None) -> Notebook:
    spec = {"name": name, "language": language, "display_name": name}
    return make_notebook("x = 1", kernelspec={key: value for key, value in spec.items() if value})


def test_the_installed_kernels_are_read_from_their_folders(tmp_path: Path) -> None:
    for name, spec in (
        ("b", {"argv": ["b"], "display_name": "B", "language": "bash"}),
        ("a", {"argv": ["a"]}),
    ):
        (tmp_path / name).mkdir()
        (tmp_path / name / "kernel.json").write_text(json.dumps(spec))
    manager = KernelSpecManager(kernel_dirs=[str(tmp_path)], ensure_native_kernel=False)
    assert available_kernels(manager) == (KernelInfo("a", "a", ""), KernelInfo("b", "B", "bash"))


def test_this_environment_has_a_python_kernel() -> None:
    assert "python3" in [kernel.name for kernel in available_kernels()]


def test_the_notebooks_own_kernel_runs_it(make_notebook: MakeNotebook) -> None:
    choice = choose_kernel(naming(make_notebook, "ir", "R"), None, ALL)
    assert (choice.name, choice.display_name, choice.problem, choice.offered) == ("ir", "R", None, False)


def test_a_requested_kernel_wins(make_notebook: MakeNotebook) -> None:
    assert choose_kernel(naming(make_notebook, "ir", "R"), "conda-a", ALL).name == "conda-a"


def test_an_unknown_requested_kernel_is_refused_with_those_installed(make_notebook: MakeNotebook) -> None:
    with pytest.raises(KernelError, match="'pyhton3' is not installed") as refused:
        choose_kernel(naming(make_notebook, "python3", "python"), "pyhton3", ALL)
    assert refused.value.field == "kernel"
    assert "Did you mean python3?" in str(refused.value.hint)
    assert "conda-a, ir, python3" in str(refused.value.hint)
    assert "python -m ipykernel install" in str(refused.value.hint)


@pytest.mark.parametrize("language", [None, "python", "Python", "ipython"])
def test_where_no_kernel_is_named_the_default_is_offered(
    make_notebook: MakeNotebook, language: str | None
) -> None:
    choice = choose_kernel(naming(make_notebook, None, language), None, ALL)
    assert (choice.name, choice.language, choice.offered) == ("python3", "python", True)
    assert "names no kernel" in str(choice.problem)


def test_another_default_is_offered_when_it_is_set(make_notebook: MakeNotebook) -> None:
    assert choose_kernel(naming(make_notebook, None, None), None, ALL, default="conda-a").name == "conda-a"


def test_where_no_kernel_is_named_the_language_decides(make_notebook: MakeNotebook) -> None:
    assert choose_kernel(naming(make_notebook, None, "R"), None, ALL).name == "ir"


@pytest.mark.parametrize("name", ["Python [Root]", "conda-env-reco_gpu-py", "python2"])
def test_a_python_kernel_that_is_not_installed_is_replaced_by_one_that_is(
    make_notebook: MakeNotebook, name: str
) -> None:
    choice = choose_kernel(naming(make_notebook, name, "python"), None, ALL)
    assert (choice.name, choice.offered) == ("python3", True)
    assert f"'{name}'" in str(choice.problem)


def test_without_the_default_another_python_is_offered(make_notebook: MakeNotebook) -> None:
    assert choose_kernel(naming(make_notebook, "gone", "python"), None, (R, CONDA)).name == "conda-a"


@pytest.mark.parametrize(
    ("name", "language"), [("bash", "bash"), ("rust", "Rust"), ("sagemath", "sage"), (None, "C#")]
)
def test_a_language_without_a_kernel_is_refused(
    make_notebook: MakeNotebook, name: str | None, language: str
) -> None:
    with pytest.raises(KernelError, match=language) as refused:
        choose_kernel(naming(make_notebook, name, language), None, ALL)
    assert "Installed are conda-a, ir, python3." in str(refused.value.hint)
    assert refused.value.field == "kernel"


def test_no_kernel_at_all_is_said_so(make_notebook: MakeNotebook) -> None:
    with pytest.raises(KernelError) as refused:
        choose_kernel(naming(make_notebook, None, None), None, ())
    assert "No kernel is installed at all." in str(refused.value.hint)
