"""Whether what a notebook shows is still true, asked of the server about a real kernel."""

from __future__ import annotations

from typing import Any

from kernel_cells import Cells, start_session
from notebook_files import WriteNotebook
from waiting import until

CELLS = {"load": "%load_ext jupyter_mlops", "one": "x = 1", "two": "y = x + 1", "three": "print(y)"}


def question(cells: dict[str, str]) -> dict[str, Any]:
    return {
        "notebook": "a.ipynb",
        "cells": [{"id": key, "source": source} for key, source in cells.items()],
    }


async def test_a_notebook_run_from_the_top_is_clean_and_an_edited_cell_makes_those_below_stale(
    ask, jp_fetch, jp_ws_fetch, write: WriteNotebook
) -> None:
    write("a.ipynb", "1")
    assert (await ask("post", "/session-state", question(CELLS))).body["clean"] is None
    kernel = (await start_session(jp_fetch, "a.ipynb"))["kernel"]["id"]
    cells = Cells(await jp_ws_fetch("api", "kernels", kernel, "channels"))
    for cell_id, source in CELLS.items():
        await cells.execute(source, cell_id)

    async def is_clean() -> bool:
        return (await ask("post", "/session-state", question(CELLS))).body["clean"] is True

    await until(is_clean, 20, "all four cells are in the store")

    edited = (await ask("post", "/session-state", question({**CELLS, "one": "x = 2"}))).body
    assert edited["clean"] is False
    last = {cell["cell"]: cell["last"] for cell in edited["cells"]}
    assert [last[cell]["execution_count"] for cell in CELLS] == [1, 2, 3, 4]
    assert last["one"]["status"] == "ok"
    assert last["one"]["duration_s"] > 0
    codes = {cell["cell"]: {reason["code"] for reason in cell["reasons"]} for cell in edited["cells"]}
    assert "edited_after_run" in codes["one"]
    assert "upstream_edited" in codes["two"]
    assert "upstream_stale" in codes["three"]


async def test_a_question_without_cells_is_refused_by_name(ask) -> None:
    refused = await ask("post", "/session-state", {"notebook": "a.ipynb"})
    assert (refused.status, refused.body["field"]) == (422, "cells")
