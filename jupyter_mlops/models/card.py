"""A version's model card: what it is, what it was made of, how good it is, who let it through. No effects."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timezone
from typing import Any

from jupyter_mlops.models.card_text import Block, Items, Paragraph, Section, Table, as_html, as_markdown
from jupyter_mlops.models.lineage import draw_lineage, lineage_lines
from jupyter_mlops.readable import show_bytes

NOT_KNOWN = "Nothing is known of it."


def write_card(page: Mapping[str, Any], evidence: Mapping[str, Any], form: str) -> str:
    """The model card of a version.

    Args:
        page: as `ModelVersionPage`.
        evidence: as `evidence_of` gives it.
        form: `markdown` or `html`: a page that stands alone.
    """
    title = f"{page['name']}, version {page['version']}"
    sections = list(_sections(page, evidence))
    return as_html(title, sections) if form == "html" else as_markdown(title, sections)


def _sections(page: Mapping[str, Any], evidence: Mapping[str, Any]) -> Iterator[Section]:
    yield Section("Model details", [_details(page, evidence)])
    yield Section(
        "Intended use",
        [
            Paragraph(
                page["description"] or "Not written yet: describe the version in MLflow, and it is here."
            )
        ],
    )
    yield Section("Training data", _data(page, "training"))
    yield Section("Evaluation", _evaluation(page))
    yield Section("Parameters", [_table(("Parameter", "Value"), page["params"])])
    yield Section("Gates and approval", _decisions(evidence))
    yield Section("Environment", _environment(page, evidence))
    yield Section("Files and checksums", _files(page))
    graph = draw_lineage(page, evidence)
    yield Section("Lineage", [Paragraph("\n".join(lineage_lines(graph)), preformatted=True)])
    yield Section("Caveats", [Items(list(_caveats(page, evidence)))])


def _details(page: Mapping[str, Any], evidence: Mapping[str, Any]) -> Block:
    notebook, job, run = evidence["notebook"] or {}, evidence["job_run"] or {}, evidence["mlflow_run"] or {}
    signature = page["signature"] or {}
    facts = {
        "Aliases": ", ".join(page["aliases"]) or "none",
        "Made": _moment(page["created_at"]),
        "By": evidence["requested_by"] or run.get("user"),
        "Notebook": notebook.get("path"),
        "Snapshot": page["snapshot_sha"],
        "Commit": page["commit"],
        "Job run": job.get("id"),
        "MLflow run": page["mlflow_run_id"],
        "Logged model": page["model_id"],
        "Flavours": ", ".join(page["flavors"]),
        "Format": page["serialization"],
        "Size": None if page["size_bytes"] is None else show_bytes(page["size_bytes"]),
        "Takes": _columns(signature.get("inputs")),
        "Gives": _columns(signature.get("outputs")),
    }
    return Table(("Fact", "Value"), [(name, str(value)) for name, value in facts.items() if value])


def _moment(text: str | None) -> str | None:
    """A card is read anywhere, so its times are UTC."""
    return text and datetime.fromisoformat(text).astimezone(timezone.utc).strftime("%Y-%m-%d %H:%M:%S UTC")


def _columns(columns: Any) -> str:
    """A signature's columns; a tensor has neither name nor type."""
    return ", ".join(
        f"{column.get('name', 'unnamed')}: {column.get('type', 'tensor')}" for column in columns or ()
    )


def _data(page: Mapping[str, Any], context: str) -> list[Block]:
    wanted = [
        one for one in page["data"] if (one.get("context") == "evaluation") == (context == "evaluation")
    ]
    if not wanted:
        return [Paragraph(NOT_KNOWN)]
    rows = [
        (str(one["name"]), str(one["kind"]), str(one.get("context") or ""), _content(one)) for one in wanted
    ]
    return [Table(("Name", "Kind", "How", "Content"), rows)]


def _content(entry: Mapping[str, Any]) -> str:
    parts = [
        entry.get("digest"),
        " x ".join(map(str, entry.get("shape") or ())),
        f"{entry['rows']} rows" if entry.get("rows") else None,
        "changed since it was read" if entry.get("changed_since_read") else None,
        "no longer there" if entry.get("missing") else None,
    ]
    return ", ".join(str(part) for part in parts if part)


def _evaluation(page: Mapping[str, Any]) -> list[Block]:
    metrics = {name: f"{value:.6g}" for name, value in sorted(page["metrics"].items())}
    return [_table(("Metric", "Value"), metrics), *_data(page, "evaluation")]


def _decisions(evidence: Mapping[str, Any]) -> list[Block]:
    rows = [(gate["kind"], gate["before"], gate["verdict"], gate["message"]) for gate in evidence["gates"]]
    blocks: list[Block] = [Table(("Gate", "Before", "Verdict", "What it saw"), rows)]
    if not rows:
        blocks = [Paragraph("No gate judged it.")]
    approval = evidence["approval"]
    if approval is not None:
        said = f": {approval['comment']}" if approval.get("comment") else "."
        who = approval.get("by") or "somebody unknown"
        blocks.append(Paragraph(f"{approval['decision'].capitalize()} by {who}, {approval['at']}{said}"))
    return blocks


def _environment(page: Mapping[str, Any], evidence: Mapping[str, Any]) -> list[Block]:
    python = evidence["environment"].get("python")
    blocks: list[Block] = [Paragraph(f"Python {python}.")] if python else []
    return [*blocks, Items(page["requirements"]) if page["requirements"] else Paragraph(NOT_KNOWN)]


def _files(page: Mapping[str, Any]) -> list[Block]:
    blocks: list[Block] = [_table(("File", "SHA-256"), page["checksums"])]
    if page["checksum_problem"]:
        blocks.insert(0, Paragraph(f"Warning: {page['checksum_problem']}"))
    return blocks


def _caveats(page: Mapping[str, Any], evidence: Mapping[str, Any]) -> Iterator[str]:
    if page["can_run_code"]:
        yield f"Its format ({page['serialization']}) can run code when it is loaded: know where it is from."
    if page["signature"] is None:
        yield "It has no signature: what it takes is not checked."
    if not page["has_input_example"]:
        yield "It has no input example."
    if evidence["cell"] is None:
        yield "The cell that logged it is not known."
    notebook = evidence["notebook"] or {}
    if notebook.get("dirty"):
        yield "Its notebook's repository had changes that were not committed."
    if notebook.get("clean") is False:
        yield "Its notebook was not run cleanly from top to bottom."
    if any(one["verdict"] == "refused" for one in evidence["gates"]):
        yield "A gate refused it."
    yield "Metrics are as its run logged them; nobody measured them anew unless a gate says so."


def _table(heads: tuple[str, str], facts: Mapping[str, Any]) -> Block:
    rows = [(str(name), str(value)) for name, value in facts.items()]
    return Table(heads, rows) if rows else Paragraph(NOT_KNOWN)
