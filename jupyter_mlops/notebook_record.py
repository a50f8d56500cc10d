"""What was recorded of one notebook: listed, judged, forgotten."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from jupyter_mlops.capture.ingester import Ingester
from jupyter_mlops.capture.retention import Purged, purge
from jupyter_mlops.errors import NotFoundError
from jupyter_mlops.notebooks.paths import resolve_notebook
from jupyter_mlops.store import Store
from jupyter_mlops.store.executions import Place, is_at, list_executions
from jupyter_mlops.store.paging import MAX_LIMIT, Page, PageRequest
from jupyter_mlops.store.tables import CellExecution, KernelSession

if TYPE_CHECKING:
    from jupyter_mlops.notebooks.places import NotebookPlace


class NotebookRecord:
    """What was recorded of a notebook, with what its kernels have written until now.

    Sessions under other roots are the notebook's own, too: a server that stands further up, or none at all,
    calls the same file by another name.

    Args:
        store: of the records.
        journals: the folder that kernels write to.
        place: the notebook.
    """

    def __init__(self, store: Store, journals: Path, place: NotebookPlace) -> None:
        self._store = store
        self._journals = journals
        self._place = place

    def page(self, request: PageRequest, **filters: Any) -> Page[dict[str, Any]]:
        """A page of its cell executions, newest first.

        Args:
            request: which page.
            **filters: as `list_executions` has them.

        Raises:
            BadInputError: a filter's value makes no sense, or the cursor is not one of ours.
            NotFoundError: nothing was recorded, and there is no such file either.
        """
        if request.cursor is None:
            self._ingest()
        with self._store.reading() as session:
            known = self._known_names(session)
            page = list_executions(session, request, known or self._possible_names(), **filters)
        if not known:
            resolve_notebook(self._place.root, self._place.notebook)
        return page

    def iterate(self, limit: int | None = None, **filters: Any) -> Iterator[dict[str, Any]]:
        """All its cell executions, newest first, or as many as `limit` says; raises as `page` does."""
        left, cursor = limit, None
        while left is None or left > 0:
            page = self.page(
                PageRequest(MAX_LIMIT if left is None else min(left, MAX_LIMIT), cursor), **filters
            )
            yield from page.items
            cursor = page.next_cursor
            if cursor is None:
                return
            left = None if left is None else left - len(page.items)

    def find_cell(self, text: str) -> str:
        """The id of a recorded cell, by itself or by the start of it.

        Raises:
            NotFoundError: none, or more than one, starts so.
        """
        self._ingest()
        key = CellExecution.cell_key
        with self._store.reading() as session:
            here = is_at(self._known_names(session) or self._possible_names())
            query = select(key).where(here, key.startswith(text, autoescape=True)).distinct().limit(2)
            found = session.scalars(query.order_by(key)).all() if text else []
        if text in found or len(found) == 1:  # in order, an id comes before those that it begins
            return found[0]
        raise NotFoundError(
            f"{'More than one' if found else 'No'} recorded cell has an id that starts with {text!r}.",
            field="cell",
            hint="`jupyter mlops history NOTEBOOK --json` has whole ids.",
        )

    def judge(self) -> dict[str, Any]:
        """Whether what the saved notebook shows is still true, as `SessionState` in the REST schema.

        Raises:
            NotFoundError: there is no such file, or no session of it by hand was recorded.
            InvalidNotebookError: it cannot be read.
        """
        from jupyter_mlops.capture.session_state import judge_notebook
        from jupyter_mlops.notebooks.read import read_notebook

        document = read_notebook(resolve_notebook(self._place.root, self._place.notebook)).node.cells
        cells = [(str(cell.id), str(cell.source)) for cell in document if cell.cell_type == "code"]
        self._ingest()
        with self._store.reading() as session:
            for root, notebook in self._known_names(session, by_hand=True):
                state = judge_notebook(session, root, notebook, cells)
                if state["session_id"] is not None:
                    return state
        raise NotFoundError(
            f"No session of '{self._place.notebook}' was recorded.",
            field="notebook",
            hint="`%load_ext jupyter_mlops` in a cell starts recording.",
        )

    def purge(self, older_than: datetime, *, dry_run: bool = False) -> Purged:
        """Forget what began before a moment, or only count it."""
        self._ingest()
        with self._store.reading() as session:
            names = self._known_names(session) or self._possible_names()
        return purge(self._store, older_than, names, dry_run=dry_run)

    def _ingest(self) -> None:
        Ingester(self._store).ingest_folder(self._journals)

    def _possible_names(self) -> list[Place]:
        """The file's names from the view of every root above it, and without a root."""
        path = Path(os.path.normpath(self._place.root / self._place.notebook))
        under = [(str(root), path.relative_to(root).as_posix()) for root in path.parents]
        return [*under, (None, str(path)), (str(self._place.root), self._place.notebook)]

    def _known_names(self, session: Session, *, by_hand: bool = False) -> list[Place]:
        """Those of them under which sessions were recorded, that of the newest session first."""
        possible = set(self._possible_names())
        query = (
            select(KernelSession.root, KernelSession.notebook)
            .where(KernelSession.notebook.in_({notebook for _, notebook in possible}))
            .group_by(KernelSession.root, KernelSession.notebook)
            .order_by(func.max(KernelSession.started_at).desc())
        )
        if by_hand:
            query = query.where(KernelSession.run_id.is_(None))
        names = session.execute(query).tuples()
        return [(root, notebook) for root, notebook in names if notebook and (root, notebook) in possible]
