"""Where a version comes from, as a graph: from all that it was made of to the version. No effects."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

VERSION = "version"
_SHORT_SHA = 12
_BACKWARDS = {
    "tracked": "logged in",
    "made": "made by",
    "run by": "ran",
    "started": "started in",
    "logged": "logged by",
    "has": "in",
    "read by": "read",
    "held by": "held",
    "trained": "trained on",
    "evaluated": "evaluated on",
    "used by": "used",
    "needed by": "needs",
}
"""What an edge says, read against its direction."""


@dataclass
class Graph:
    """Nodes and edges, as `Lineage` in the REST schema."""

    nodes: list[dict[str, Any]] = field(default_factory=list)
    edges: list[dict[str, str]] = field(default_factory=list)

    def add(
        self,
        node_id: str,
        kind: str,
        label: str,
        facts: Mapping[str, Any],
        target: Mapping[str, Any] | None = None,
    ) -> str:
        """Add a node; of its facts, those that nobody knows are left out."""
        known = {name: value for name, value in facts.items() if value not in (None, "", [], {})}
        opened = None if target is None else {name: value for name, value in target.items() if value}
        self.nodes.append(
            {"id": node_id, "kind": kind, "label": label, "facts": known, "target": opened or None}
        )
        return node_id

    def join(self, origin: str, to: str, label: str) -> None:
        """Add an edge: what came first, what came of it, and how."""
        self.edges.append({"from": origin, "to": to, "label": label})

    def as_dict(self) -> dict[str, Any]:
        """As the REST schema has it."""
        return {"nodes": self.nodes, "edges": self.edges}


def draw_lineage(version: Mapping[str, Any], evidence: Mapping[str, Any]) -> dict[str, Any]:
    """The graph of a version: what is not known is not there, and what hangs on it hangs on the next.

    Args:
        version: as `ModelVersionPage`.
        evidence: as `evidence_of` gives it.
    """
    graph = Graph()
    aliases = f" ({', '.join(version['aliases'])})" if version["aliases"] else ""
    graph.add(
        VERSION,
        VERSION,
        f"{version['name']} {version['version']}{aliases}",
        {
            "created_at": version["created_at"],
            "model_id": version["model_id"],
            "format": version["serialization"],
            **version["metrics"],
        },
    )
    run = _add_run(graph, version, evidence)
    cell = _add_notebook(graph, evidence, run)
    _add_data(graph, evidence["data"], run or VERSION, cell or run or VERSION)
    _add_environment(graph, evidence["environment"])
    _add_decisions(graph, evidence)
    return graph.as_dict()


def lineage_lines(graph: Mapping[str, Any]) -> Iterator[str]:
    """The graph as an indented tree, each node once where it is met first."""
    nodes = {node["id"]: node for node in graph["nodes"]}
    told = {VERSION}
    yield nodes[VERSION]["label"]
    yield from _branches(graph["edges"], nodes, VERSION, "", told)


def _branches(
    edges: Sequence[Mapping[str, str]], nodes: Mapping[str, Any], at: str, margin: str, told: set[str]
) -> Iterator[str]:
    """What a node came of, and then what was decided on it."""
    origins = [
        (_BACKWARDS.get(edge["label"], edge["label"]), edge["from"])
        for edge in edges
        if edge["to"] == at and edge["from"] != VERSION
    ]
    decided = [(edge["label"], edge["to"]) for edge in edges if edge["from"] == at == VERSION]
    below = [*origins, *decided]
    for number, (label, node_id) in enumerate(below, 1):
        last = number == len(below)
        yield f"{margin}{'└─' if last else '├─'} {label}: {nodes[node_id]['label']}"
        if node_id not in told:
            told.add(node_id)
            yield from _branches(edges, nodes, node_id, margin + ("   " if last else "│  "), told)


def _add_run(graph: Graph, version: Mapping[str, Any], evidence: Mapping[str, Any]) -> str | None:
    """The MLflow run, and the job run that it is of."""
    run, job = evidence["mlflow_run"], evidence["job_run"]
    if run is not None:
        facts = {"run_id": run["id"], "user": run.get("user"), **version["params"]}
        target = {"mlflow_run_id": run["id"]}
        graph.add("mlflow_run", "mlflow_run", run.get("name") or f"MLflow run {run['id'][:8]}", facts, target)
        graph.join("mlflow_run", VERSION, "tracked")
    if job is not None:
        facts = {
            "run_id": job["id"],
            "started_at": job.get("started_at"),
            "cause": (job.get("cause") or {}).get("kind"),
            **(job.get("parameters") or {}),
        }
        graph.add("job_run", "job_run", f"{job['job']}, run {job['id']}", facts, {"run_id": job["id"]})
        graph.join("job_run", "mlflow_run" if run else VERSION, "made")
    return "mlflow_run" if run else None


def _add_notebook(graph: Graph, evidence: Mapping[str, Any], run: str | None) -> str | None:
    """The notebook, and the cell that logged the model; answers with the cell, else the notebook."""
    notebook, cell = evidence["notebook"], evidence["cell"]
    if notebook is not None:
        facts = {
            "snapshot": (notebook.get("snapshot_sha") or "")[:_SHORT_SHA],
            "commit": (notebook.get("commit") or "")[:_SHORT_SHA],
            "branch": notebook.get("branch"),
            "changed since the commit": notebook.get("dirty"),
            "clean": notebook.get("clean"),
        }
        graph.add("notebook", "notebook", notebook["path"], facts, {"notebook": notebook["path"]})
        made = "job_run" if evidence["job_run"] else run or VERSION
        graph.join("notebook", made, "run by" if made == "job_run" else "started")
    if cell is None:
        return "notebook" if notebook else None
    count = cell.get("execution_count")
    graph.add(
        "cell",
        "cell",
        f"Cell [{count}]" if count is not None else f"Cell {cell['cell_key'][:8]}",
        {"source": cell["source"], "started_at": cell.get("started_at"), "cell_id": cell.get("cell_id")},
        {
            "notebook": notebook["path"] if notebook else None,
            "cell_id": cell.get("cell_id"),
            "execution_id": cell.get("execution_id"),
        },
    )
    graph.join("cell", VERSION, "logged")
    if notebook is not None:
        graph.join("notebook", "cell", "has")
    return "cell"


def _add_data(graph: Graph, data: Sequence[Mapping[str, Any]], run: str, reader: str) -> None:
    for number, entry in enumerate(data):
        facts = {name: value for name, value in entry.items() if name not in ("kind", "name")}
        node = graph.add(f"data-{number}", "data", entry["name"], {"kind": entry["kind"], **facts})
        of_run = entry["kind"] in ("dataset", "evaluation")
        labels = {"evaluation": "evaluated", "file": "read by", "frame": "held by"}
        label = labels.get(entry["kind"]) or _context_label(entry.get("context"))
        graph.join(node, run if of_run else reader, label)


def _context_label(context: str | None) -> str:
    return {"training": "trained", "evaluation": "evaluated", None: "used by"}.get(context, str(context))


def _add_environment(graph: Graph, environment: Mapping[str, Any]) -> None:
    requirements = environment.get("requirements") or []
    if environment.get("python") or requirements:
        plural = "" if len(requirements) == 1 else "s"
        label = f"Python {environment.get('python') or '?'}, {len(requirements)} requirement{plural}"
        facts = {"python": environment.get("python"), "requirements": requirements}
        graph.join(graph.add("environment", "environment", label, facts), VERSION, "needed by")


def _add_decisions(graph: Graph, evidence: Mapping[str, Any]) -> None:
    for number, gate in enumerate(evidence["gates"]):
        facts = {
            "message": gate["message"],
            "would_pass": gate.get("would_pass"),
            "before": gate["before"],
            **gate.get("seen", {}),
        }
        node = graph.add(f"gate-{number}", "gate", f"{gate['kind']}: {gate['verdict']}", facts)
        graph.join(VERSION, node, "judged by")
    approval = evidence["approval"]
    if approval is not None:
        label = f"{approval['decision']} by {approval.get('by') or 'somebody'}"
        facts = {"comment": approval.get("comment"), "at": approval.get("at")}
        graph.join(VERSION, graph.add("approval", "approval", label, facts), "decided by")
