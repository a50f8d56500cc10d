"""A form for a notebook's parameters, in a cell: edit, run as a job, watch, cancel."""

from __future__ import annotations

import html
import os
import threading
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import ipywidgets as widgets

from jupyter_mlops.errors import MlopsError, ParameterError
from jupyter_mlops.jobs.spec import RunRequest
from jupyter_mlops.notebooks.parameters import infer_parameters
from jupyter_mlops.notebooks.paths import resolve_notebook
from jupyter_mlops.notebooks.places import NotebookPlace, locate_notebook
from jupyter_mlops.notebooks.read import read_notebook
from jupyter_mlops.runs.states import RunState
from jupyter_mlops.store.tables import Run
from jupyter_mlops.widgets.parameter_field import UNCHANGED, ParameterField
from jupyter_mlops.workspace import Workspace, follow_run

LOOK_EVERY_S = 0.3
_BAR_STYLES = {RunState.SUCCEEDED: "success", RunState.CANCELLED: "warning", RunState.SKIPPED: "warning"}


class ParameterForm(widgets.VBox):
    """Edits the parameters of a notebook and runs it as a job.

        from jupyter_mlops.widgets import ParameterForm
        ParameterForm("train.ipynb", register_model="breast-cancer")

    Args:
        notebook: the file; by default the notebook of this kernel.
        root: the folder that the job belongs to, see `locate_notebook`.
        name: the job's name; by default the notebook's.
        register_model: the registered model that gets what the notebook logs as a new version.
        kernel: a kernel's name; by default the notebook's own.

    Attributes:
        fields: by the parameters' names.
        run: the run that was submitted last, as it was last seen; None before the first.

    Raises:
        MlopsError: the notebook cannot be read, or its parameters cell cannot.
    """

    def __init__(
        self,
        notebook: str | os.PathLike[str] | None = None,
        *,
        root: str | os.PathLike[str] | None = None,
        name: str | None = None,
        register_model: str | None = None,
        kernel: str | None = None,
    ) -> None:
        self._workspace = Workspace()
        self._place = _place(self._workspace, notebook, root)
        self._request = RunRequest(
            self._place.notebook, name=name, kernel=kernel, register_model=register_model
        )
        found = infer_parameters(read_notebook(resolve_notebook(self._place.root, self._place.notebook)))
        if found.problem:
            raise ParameterError(found.problem, field="notebook", hint="Mend the cell first.")
        self.fields = {parameter.name: ParameterField(parameter) for parameter in found}
        self.run: Run | None = None
        self._run_button = widgets.Button(description="Run", button_style="primary", icon="play")
        self._reset_button = widgets.Button(description="Reset", tooltip="Show the notebook's defaults again")
        self._cancel_button = widgets.Button(description="Cancel", icon="stop", disabled=True)
        self._bar = widgets.IntProgress(min=0, max=1, layout={"visibility": "hidden"})
        self._told = widgets.HTML()
        self._run_button.on_click(lambda _: self.submit())
        self._reset_button.on_click(lambda _: self.set({}))
        self._cancel_button.on_click(lambda _: self.cancel())
        buttons = widgets.HBox([self._run_button, self._reset_button, self._cancel_button, self._bar])
        head = widgets.HTML(f"<b>{html.escape(self._place.notebook)}</b>{_hint(found)}")
        super().__init__([head, *(field.row for field in self.fields.values()), buttons, self._told])

    def values(self) -> dict[str, Any]:
        """The values that differ from the notebook's defaults.

        Raises:
            ParameterError: the first value that is none; every field at fault shows its own.
        """
        values, errors = {}, []
        for name, field in self.fields.items():
            try:
                value = field.value()
            except ParameterError as error:
                errors.append(error)
            else:
                if value is not UNCHANGED:
                    values[name] = value
        if errors:
            raise errors[0]
        return values

    def set(self, values: Mapping[str, Any]) -> None:
        """Show these values, and the defaults of all other parameters.

        Raises:
            KeyError: there is no such parameter.
        """
        for name in values:
            self.fields[name]
        for name, field in self.fields.items():
            field.set(values.get(name, UNCHANGED))

    def submit(self) -> Run | None:
        """Queue a run with the values shown, and follow it below the form; None when something is wrong.

        What is wrong is shown in the form, and nothing is queued.
        """
        try:
            jobs = self._workspace.jobs(self._place.root)
            self.run = jobs.submit(replace(self._request, parameters=self.values()))
        except MlopsError as error:
            field = (error.field or "").removeprefix("parameters.")
            if field not in self.fields:
                self._tell(f"{error.message} {error.hint or ''}", failed=True)
            return None
        self._show(self.run)
        threading.Thread(target=self._follow, args=(self.run.id,), daemon=True).start()
        return self.run

    def cancel(self) -> None:
        """End the run that was submitted last."""
        if self.run is not None:
            self._show(self._workspace.jobs(self._place.root).cancel_run(self.run.id))

    def _follow(self, run_id: str) -> None:
        """Show a run until its end, or until another was submitted."""
        for seen in follow_run(self._workspace.jobs(self._place.root), run_id, LOOK_EVERY_S):
            if self.run is None or self.run.id != run_id:
                return
            self._show(seen)

    def _show(self, run: Run) -> None:
        self.run = run
        state = RunState(run.state)
        self._bar.layout.visibility = "visible"
        self._bar.max = max(run.cells_total or 1, 1)
        self._bar.value = self._bar.max if state is RunState.SUCCEEDED else run.cells_done
        self._bar.bar_style = _BAR_STYLES.get(state, "danger") if state.is_final else "info"
        self._cancel_button.disabled = state.is_final or run.cancel_requested
        cells = f", {run.cells_done} of {run.cells_total} cells" if run.cells_total else ""
        metrics = "".join(f", {name} {value:.4g}" for name, value in sorted(run.metrics.items()))
        version = f", {run.register_model} version {run.model_version}" if run.model_version else ""
        message = f"<br>{html.escape(run.message)}" if run.message else ""
        self._told.value = (
            f"Run <code>{run.id}</code>: <b>{state.value}</b>{cells}{html.escape(metrics + version)}{message}"
        )

    def _tell(self, text: str, *, failed: bool) -> None:
        colour = "var(--jp-error-color1, #b00020)" if failed else "inherit"
        self._told.value = f'<span style="color: {colour}">{html.escape(text.strip())}</span>'


def _place(
    workspace: Workspace, notebook: str | os.PathLike[str] | None, root: str | os.PathLike[str] | None
) -> NotebookPlace:
    if notebook is not None:
        return locate_notebook(notebook, root)
    from IPython.core.getipython import get_ipython

    from jupyter_mlops.magics.place import this_notebook

    ip = get_ipython()
    if ip is None:
        return locate_notebook(Path(), root)
    return this_notebook(ip, workspace, None)


def _hint(found: Any) -> str:
    if len(found):
        return ""
    what = "has no cell tagged <code>parameters</code>" if not found.has_cell else "has no parameters to edit"
    return f"<br>This notebook {what}; it runs as it is."
