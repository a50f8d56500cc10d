"""Requirements that are pinned, and names that Kubernetes takes."""

from __future__ import annotations

from importlib.metadata import version

import pytest

from jupyter_mlops.models.packaging.context import kubernetes_name
from jupyter_mlops.models.packaging.requirements import pin_requirements


def test_what_is_pinned_stays_and_what_is_open_gets_this_environments_version() -> None:
    pinned = pin_requirements(
        ["mlflow==3.1.0", "scikit-learn", "numpy>=1; python_version>'3'", "# words", ""]
    )
    here = (f"scikit-learn=={version('scikit-learn')}", f"numpy=={version('numpy')}; python_version>'3'")
    assert pinned.lines == ("mlflow==3.1.0", *here)
    assert pinned.pinned_here == here
    assert pinned.open == ()


def test_what_cannot_be_pinned_is_said_and_mlflow_is_always_there() -> None:
    pinned = pin_requirements(["no-such-package-anywhere", "own @ https://example.com/own.whl"])
    assert pinned.lines[0] == f"mlflow=={version('mlflow')}"
    assert pinned.open == ("no-such-package-anywhere", "own @ https://example.com/own.whl")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("breast-cancer", "breast-cancer"),
        ("Iris Model_v2!", "iris-model-v2"),
        ("2009", "model-2009"),
        ("***", "model"),
        ("x" * 80, "x" * 50),
    ],
)
def test_kubernetes_takes_the_name(name: str, expected: str) -> None:
    assert kubernetes_name(name) == expected
