"""A notebook's path stays under the root, whatever is tried."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from jupyter_mlops.errors import InvalidNotebookError, NotFoundError, OutsideRootError
from jupyter_mlops.notebooks.paths import relative_path, resolve_notebook


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "root"
    (root / "folder").mkdir(parents=True)
    (root / "folder" / "a b é.ipynb").write_text("{}")
    (root / "script.py").write_text("")
    (root / "named.ipynb").mkdir()
    evil = tmp_path / "root-evil"
    evil.mkdir()
    (evil / "out.ipynb").write_text("{}")
    (root / "link.ipynb").symlink_to(evil / "out.ipynb")
    (root / "linked-folder").symlink_to(evil)
    (root / "inner.ipynb").symlink_to(root / "folder" / "a b é.ipynb")
    (root / "loop.ipynb").symlink_to(root / "loop.ipynb")
    return root


@pytest.mark.parametrize("path", ["folder/a b é.ipynb", "./folder/a b é.ipynb", "inner.ipynb"])
def test_a_path_below_the_root_is_found(root: Path, path: str) -> None:
    wanted = (root / "folder" / "a b é.ipynb").resolve()
    assert resolve_notebook(root, path) == wanted
    assert resolve_notebook(root, str(root / path)) == wanted


@pytest.mark.parametrize(
    "path",
    [
        "../root-evil/out.ipynb",
        "folder/../../root-evil/out.ipynb",
        "folder/../folder/a b é.ipynb",
        "link.ipynb",
        "linked-folder/out.ipynb",
        "/etc/passwd",
        "..",
    ],
)
def test_a_path_that_leads_out_of_the_root_is_refused(root: Path, path: str) -> None:
    with pytest.raises(OutsideRootError) as refused:
        resolve_notebook(root, path)
    assert refused.value.field == "notebook"
    assert refused.value.status == 403
    assert refused.value.hint


def test_a_sibling_that_starts_with_the_roots_name_is_outside(root: Path) -> None:
    with pytest.raises(OutsideRootError):
        resolve_notebook(root, f"{root}-evil/out.ipynb")


@pytest.mark.parametrize("path", ["no.ipynb", "folder/no/no.ipynb", "loop.ipynb", f"{'x' * 5000}.ipynb"])
def test_a_notebook_that_is_not_there_is_not_found(root: Path, path: str) -> None:
    with pytest.raises(NotFoundError) as refused:
        resolve_notebook(root, path)
    assert refused.value.field == "notebook"
    assert len(refused.value.message) < 300


@pytest.mark.parametrize(
    ("path", "said"), [("folder", "folder"), ("script.py", "not a notebook"), (".", "folder")]
)
def test_what_is_no_notebook_file_is_refused(root: Path, path: str, said: str) -> None:
    with pytest.raises(InvalidNotebookError, match=said) as refused:
        resolve_notebook(root, path)
    assert refused.value.hint


@pytest.mark.parametrize("path", ["", "a\0.ipynb", "named.ipynb"])
def test_an_empty_name_a_nul_and_a_folder_named_like_a_notebook_are_refused(root: Path, path: str) -> None:
    with pytest.raises(InvalidNotebookError):
        resolve_notebook(root, path)


def test_a_pipe_is_no_notebook(root: Path) -> None:
    os.mkfifo(root / "pipe.ipynb")
    with pytest.raises(InvalidNotebookError):
        resolve_notebook(root, "pipe.ipynb")


def test_a_root_behind_a_link_is_the_same_root(root: Path, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(root)
    given = str(link / "folder" / "a b é.ipynb")
    real = resolve_notebook(link, given)
    assert relative_path(link, given, real) == "folder/a b é.ipynb"
    assert relative_path(root, str(real), real) == "folder/a b é.ipynb"


def test_a_link_keeps_the_name_it_was_called_by(root: Path) -> None:
    real = resolve_notebook(root, "inner.ipynb")
    assert relative_path(root, "inner.ipynb", real) == "inner.ipynb"
