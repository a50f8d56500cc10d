"""The ears and the scribe together: nothing that a kernel says falls between them."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest
from heard import begin, iopub_frames, state
from kernels_of_a_server import Kernel, Kernels
from sqlalchemy import select

from jupyter_mlops.capture.listener import listener as listener_module
from jupyter_mlops.capture.listener.listener import Listener
from jupyter_mlops.store import Store
from jupyter_mlops.store.tables import CellExecution


class Server:
    """A server with one kernel; where its notebook is can be changed."""

    def __init__(self, store: Store, root: Path) -> None:
        self.kernels = Kernels(one=Kernel())
        self.place = "before.ipynb"
        self.listener = Listener(
            lambda: store, root, self.kernels, self.sessions, lambda: None, logging.getLogger("listener")
        )

    async def sessions(self) -> list[dict[str, Any]]:
        return [{"type": "notebook", "path": self.place, "kernel": {"id": "one"}}]


@pytest.fixture
def server(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Server:
    monkeypatch.setattr(listener_module, "LOOK_ROUND_S", 0.0)
    return Server(store, tmp_path)


async def test_a_cell_that_ends_while_its_notebook_is_renamed_is_heard_to_its_end(
    server: Server, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    await server.listener.switch("before.ipynb", on=True)
    await server.listener.tick()
    stream = server.kernels["one"].stream
    stream.say(*iopub_frames(begin()))
    server.place = "after.ipynb"
    update = server.listener._scribe.update

    def update_while_the_cell_ends(*args: Any) -> Any:
        stream.say(*iopub_frames(state("idle")))
        return update(*args)

    monkeypatch.setattr(server.listener._scribe, "update", update_while_the_cell_ends)
    for _ in range(3):
        await server.listener.tick()
    with store.reading() as session:
        (row,) = session.scalars(select(CellExecution))
    assert (row.notebook, row.status) == ("after.ipynb", "ok")
