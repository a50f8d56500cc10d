"""The notebook as a whole: is what it shows still true, and a copy of it as it is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jupyter_mlops.capture import recorder
from jupyter_mlops.capture.judgement import cell_keys, judge_records
from jupyter_mlops.capture.recorder import Recorder
from jupyter_mlops.errors import MlopsError, NotFoundError
from jupyter_mlops.experiments.kernel import this_shell
from jupyter_mlops.experiments.session_records import session_records
from jupyter_mlops.magics.card import Card, Code, State
from jupyter_mlops.magics.place import this_notebook
from jupyter_mlops.notebooks.code_cells import CodeCell, read_code_cells
from jupyter_mlops.notebooks.paths import resolve_notebook
from jupyter_mlops.notebooks.places import NotebookPlace
from jupyter_mlops.notebooks.snapshots import SnapshotStore
from jupyter_mlops.readable import first_line
from jupyter_mlops.workspace import Workspace

_DIFFERENCES = ("edited_after_run", "cell_deleted")


@dataclass(frozen=True)
class Staleness:
    """Whether what a notebook shows is still true, by its newest session.

    Attributes:
        clean: a fresh kernel, every cell run once from top to bottom, none failed, none edited since.
        reasons: why it is not clean, in sentences.
        cells: the stale cells from the top: `number` (from 1, among the code cells), `cell_id`, `source` and
            `reasons`, in sentences.
        codes: those of `reasons`, for programs.
    """

    notebook: str
    clean: bool
    reasons: tuple[str, ...]
    cells: tuple[dict[str, Any], ...]
    codes: tuple[str, ...] = ()

    def card(self) -> Card:
        """What is shown of it below a cell."""
        return Card(
            f"{len(self.cells) or 'No'} stale cell{'' if len(self.cells) == 1 else 's'} in {self.notebook}",
            [("Session", State("clean") if self.clean else "not clean")],
            ("Cell", "Source", "Why"),
            [
                (cell["number"], Code(first_line(cell["source"])), "\n".join(cell["reasons"]))
                for cell in self.cells
            ],
            [*self.reasons, "The notebook is judged as it is saved."],
        )

    def _repr_mimebundle_(self, **_kwargs: Any) -> dict[str, Any]:
        return self.card().as_mimebundle()

    def _repr_html_(self) -> str:
        return self.card().html()


class Snapshot(str):
    """The SHA-256 of a notebook's kept copy.

    Attributes:
        notebook: which.
        path: of the copy.
        differences: how the notebook on disk, and so the copy, differs from what was executed, in sentences.
    """

    notebook: str
    path: Path
    differences: tuple[str, ...]

    @classmethod
    def of(cls, sha: str, notebook: str, path: Path, differences: Sequence[str]) -> Snapshot:
        """Of a copy that was kept."""
        made = cls(sha)
        made.notebook, made.path, made.differences = notebook, path, tuple(differences)
        return made

    def card(self) -> Card:
        """What is shown of it below a cell."""
        notes = [*self.differences, "Save the notebook and take it again."] if self.differences else []
        return Card(
            f"Kept a copy of {self.notebook}",
            [("SHA-256", Code(str(self))), ("File", str(self.path))],
            notes=notes,
        )

    def _repr_mimebundle_(self, **_kwargs: Any) -> dict[str, Any]:
        return self.card().as_mimebundle()

    def _repr_html_(self) -> str:
        return self.card().html()


def stale(notebook: str | None = None) -> Staleness:
    """Which cells a run of the notebook from the top would give other inputs than they used, and why.

    Args:
        notebook: its path, and then its newest session is judged; by default this kernel's.

    Raises:
        NotFoundError: there is no such notebook, or nothing was recorded of it.
        InvalidNotebookError: it cannot be read.
    """
    workspace = Workspace()
    place = this_notebook(require_shell(), workspace, notebook)
    current = recorder.active()
    if notebook is None and current is not None:
        return _judge_this_session(workspace, place, current)
    state = workspace.record_of(place).judge()
    sources = {cell.cell_id: cell.source for cell in _saved_cells(place)}
    cells = (
        (cell["cell"], [reason["sentence"] for reason in cell["reasons"]] if cell["stale"] else None)
        for cell in state["cells"]
    )
    reasons = {reason["code"]: reason["sentence"] for reason in state["reasons"]}
    return _staleness(place.notebook, reasons, cells, sources)


def _judge_this_session(workspace: Workspace, place: NotebookPlace, current: Recorder) -> Staleness:
    """The judgement on this kernel, though another may have opened the same notebook later."""
    saved = _saved_cells(place)
    records = session_records(current, workspace.store)
    state = judge_records(records, saved)
    sources = {key: cell.source for key, cell in zip(cell_keys(records, saved), saved, strict=True)}
    cells = (
        (key, [reason.sentence for reason in cell.reasons] if cell.stale else None)
        for key, cell in state.cells.items()
    )
    reasons = {reason.code: reason.sentence for reason in state.reasons}
    return _staleness(place.notebook, reasons, cells, sources)


def _staleness(
    notebook: str,
    reasons: dict[str, str],
    cells: Iterable[tuple[str, list[str] | None]],
    sources: Mapping[Any, str],
) -> Staleness:
    """From a judgement; `cells` have the reasons of those that are stale, None for the others."""
    reasons.pop("running", None)  # the cell that asks
    stale_cells = tuple(
        {"number": number, "cell_id": key, "source": sources.get(key, ""), "reasons": tuple(sentences)}
        for number, (key, sentences) in enumerate(cells, 1)
        if sentences is not None
    )
    return Staleness(notebook, not reasons, tuple(reasons.values()), stale_cells, tuple(reasons))


def snapshot() -> Snapshot:
    """Keep a copy of this kernel's notebook as it is saved, under its hash; twice the same is one copy.

    Returns:
        the hash; what it shows says how the notebook on disk differs from what was executed.

    Raises:
        NotFoundError: nobody told this kernel its notebook, or the file is not there.
        StoreError: the copy cannot be written.
    """
    workspace = Workspace()
    place = this_notebook(require_shell(), workspace, None)
    kept = SnapshotStore(workspace.settings.snapshots)
    sha = kept.keep(resolve_notebook(place.root, place.notebook).read_bytes())
    return Snapshot.of(sha, place.notebook, kept.path(sha), _differences(workspace, place))


def _differences(workspace: Workspace, place: NotebookPlace) -> list[str]:
    """In sentences; what was not recorded cannot be compared, and that is said, too."""
    current = recorder.active()
    if current is None or not current.options.enabled:
        return ["Nothing is recorded here, so that it cannot be compared with what was executed."]
    try:
        judged = _judge_this_session(workspace, place, current)
    except MlopsError as error:
        return [f"It cannot be compared with what was executed: {error.message}"]
    told = dict(zip(judged.codes, judged.reasons, strict=True))
    return [told[code] for code in _DIFFERENCES if code in told]


def require_shell() -> Any:
    """IPython's shell.

    Raises:
        NotFoundError: this is no kernel.
    """
    shell = this_shell()
    if shell is None:
        raise NotFoundError(
            "This process is no kernel of a notebook.",
            field="notebook",
            hint="In a terminal: jupyter mlops stale NOTEBOOK, jupyter mlops history NOTEBOOK.",
        )
    return shell


def _saved_cells(place: NotebookPlace) -> list[CodeCell]:
    return read_code_cells(resolve_notebook(place.root, place.notebook).read_bytes())
