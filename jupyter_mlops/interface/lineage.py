"""`jupyter_mlops.lineage`: where a model version comes from, in a cell or a script."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import Any

from jupyter_mlops.models.catalogue import ModelCatalogue
from jupyter_mlops.models.lineage import draw_lineage, lineage_lines
from jupyter_mlops.models.reference import ModelReference
from jupyter_mlops.workspace import Workspace


@dataclass(frozen=True)
class Lineage:
    """A version's graph; printed, or shown below a cell, it is a tree.

    Attributes:
        nodes: `id`, `kind` (`version`, `mlflow_run`, `job_run`, `notebook`, `cell`, `data`, `environment`,
            `gate`, `approval`), `label`, `facts` and `target` of each.
        edges: `from`, `to` and `label` of each: from what came first to what came of it.
    """

    nodes: list[dict[str, Any]]
    edges: list[dict[str, str]]

    def __str__(self) -> str:
        return "\n".join(lineage_lines({"nodes": self.nodes, "edges": self.edges}))

    def _repr_html_(self) -> str:
        return f"<pre>{escape(str(self))}</pre>"


def lineage(model: str) -> Lineage:
    """Where a model version comes from: its run, its notebook's cell, data, environment, gates, approval.

        print(jupyter_mlops.lineage("breast-cancer@champion"))

    Args:
        model: `NAME/3`, `NAME@alias`, `models:/NAME/3`; a name alone is its champion.

    Raises:
        NotFoundError: there is no such model, version or alias.
        TrackingUnavailableError: the tracking server does not answer.
    """
    workspace = Workspace()
    dossier = ModelCatalogue(workspace.store, workspace.settings).dossier(ModelReference.parse(model))
    graph = draw_lineage(dossier.page, dossier.evidence)
    return Lineage(graph["nodes"], graph["edges"])
