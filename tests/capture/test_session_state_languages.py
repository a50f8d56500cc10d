"""Names are read from Python alone: what reads like Python in another language makes no cell stale."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from jupyter_mlops.capture.cell_identity import hash_source
from jupyter_mlops.capture.session_state import judge_notebook
from jupyter_mlops.store import Store
from jupyter_mlops.store.tables import CellExecution, KernelSession, Source

NOW = datetime(2026, 11, 21, tzinfo=timezone.utc)
CELLS = [("one", "x = 1"), ("two", "print(x)")]
RUNS = ["one", "two", "one"]


def judged(store: Store, language: str | None, cells: list[tuple[str, str]]) -> dict[str, Any]:
    """A session in which the first cell ran again after the second."""
    facts = {} if language is None else {"language": language}
    with store.session() as session:
        session.add(
            KernelSession(id="s", root="/work", notebook="a.ipynb", runner="lab", started_at=NOW, facts=facts)
        )
        session.add_all(Source(sha=hash_source(text), text=text) for _, text in CELLS)
        session.flush()
        for seq, key in enumerate(RUNS, start=1):
            session.add(
                CellExecution(
                    id=f"{seq:032x}",
                    session_id="s",
                    root="/work",
                    notebook="a.ipynb",
                    seq=seq,
                    cell_id=key,
                    cell_key=key,
                    key_kind="id",
                    tags=[],
                    execution_count=seq,
                    source_sha=hash_source(dict(CELLS)[key]),
                    status="ok",
                    started_at=NOW + timedelta(seconds=seq),
                    duration_s=1.0,
                    outputs=[],
                )
            )
    with store.reading() as session:
        return judge_notebook(session, "/work", "a.ipynb", cells)


@pytest.mark.parametrize(
    ("language", "stale"), [(None, True), ("python", True), ("R", False), ("bash", False)]
)
def test_a_cell_is_stale_by_names_in_python_alone(store: Store, language: str | None, stale: bool) -> None:
    state = judged(store, language, CELLS)
    assert state["clean"] is False
    assert {cell["cell"]: cell["stale"] for cell in state["cells"]} == {"one": False, "two": stale}


def test_a_cell_that_was_edited_is_stale_in_any_language(store: Store) -> None:
    state = judged(store, "R", [("one", "x = 1"), ("two", "print(x + 1)")])
    assert {cell["cell"]: cell["stale"] for cell in state["cells"]} == {"one": False, "two": True}
