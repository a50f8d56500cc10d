"""How the commands on models come to the registry, and what they take for a version."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jupyter_mlops.models.catalogue import ModelCatalogue


def open_catalogue() -> ModelCatalogue:
    """The registry of this user's tracking server."""
    from jupyter_mlops.models.catalogue import ModelCatalogue
    from jupyter_mlops.workspace import Workspace

    workspace = Workspace()
    return ModelCatalogue(workspace.store, workspace.settings)


def names_a_version(text: str) -> bool:
    """Whether a text says which version of a model is meant."""
    bare = text.strip().removeprefix("models:/")
    return "@" in bare or "/" in bare
