"""One judge, whoever asks: the sidebar by the document's ids, a run's end by the saved notebook."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from jupyter_mlops.capture.cell_identity import hash_source
from jupyter_mlops.capture.judgement import judge_records
from jupyter_mlops.capture.session_state import judge_notebook
from jupyter_mlops.notebooks.code_cells import CodeCell
from jupyter_mlops.store import Store
from jupyter_mlops.store.executions import records_of_session
from jupyter_mlops.store.tables import CellExecution, KernelSession, Source

NOW = datetime(2026, 11, 21, tzinfo=timezone.utc)
RAN = {"one": "x = 1", "two": "y = x", "three": "print(y)"}


def record(store: Store, order: list[str], kind: str) -> None:
    with store.session() as session:
        session.add(KernelSession(id="s", root="/w", notebook="a.ipynb", runner="lab", started_at=NOW))
        session.add_all(Source(sha=hash_source(text), text=text) for text in RAN.values())
        session.flush()
        for seq, cell in enumerate(order, start=1):
            sha = hash_source(RAN[cell])
            session.add(
                CellExecution(
                    id=f"{seq:032x}",
                    session_id="s",
                    root="/w",
                    notebook="a.ipynb",
                    seq=seq,
                    cell_id=cell if kind == "id" else None,
                    cell_key=cell if kind == "id" else sha,
                    key_kind=kind,
                    tags=[],
                    execution_count=seq,
                    source_sha=sha,
                    status="ok",
                    started_at=NOW + timedelta(seconds=seq),
                    duration_s=1.0,
                    outputs=[],
                )
            )


@pytest.mark.parametrize("kind", ["id", "source"])
@pytest.mark.parametrize(
    ("order", "edits", "clean", "stale"),
    [
        (["one", "two", "three"], {}, True, []),
        (["one", "two", "three", "one"], {}, False, ["two", "three"]),
        (["one", "three", "two"], {}, False, ["three"]),
        (["one", "two", "three"], {"one": None}, False, ["two", "three"]),
    ],
    ids=["from the top", "the first again", "disordered", "the first deleted"],
)
def test_the_sidebar_and_a_runs_end_judge_alike(
    store: Store, order: list[str], kind: str, edits: dict[str, str | None], clean: bool, stale: list[str]
) -> None:
    """With a kernel that was told the cells' ids, and with one that knows only their texts."""
    record(store, order, kind)
    document = {cell: text for cell, text in {**RAN, **edits}.items() if text is not None}
    with store.reading() as session:
        shown = judge_notebook(session, "/w", "a.ipynb", list(document.items()))
        records = records_of_session(session, "s")
    judged = judge_records(records, [CodeCell(cell, text) for cell, text in document.items()])
    assert shown["clean"] == judged.clean == clean
    assert [reason["code"] for reason in shown["reasons"]] == [reason.code for reason in judged.reasons]
    assert [cell["cell"] for cell in shown["cells"]] == list(document)
    assert [cell["cell"] for cell in shown["cells"] if cell["stale"]] == stale
    assert [cell["stale"] for cell in shown["cells"]] == [cell.stale for cell in judged.cells.values()]
    assert all(cell["last"] is not None for cell in shown["cells"])
    blamed = {reason["cell"] for cell in shown["cells"] for reason in cell["reasons"]} - {None}
    gone = {"one", hash_source(RAN["one"])} if edits else set()
    assert blamed - set(document) <= gone
