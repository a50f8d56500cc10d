"""Many processes write one store at once."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import select

from jupyter_mlops.store import Store
from jupyter_mlops.store.tables import Source

WRITERS, ROWS = 4, 60
WRITE = """
import sys
from jupyter_mlops.store import Store
from jupyter_mlops.store.tables import Source
url, name, rows = sys.argv[1], sys.argv[2], int(sys.argv[3])
store = Store.open(url)
for row in range(rows):
    with store.session() as session:
        before = session.get(Source, "total", with_for_update=True)  # read first: the hard case in SQLite
        before.text = str(int(before.text) + 1)
        session.add(Source(sha=f"{name}-{row}", text="x" * 1000))
    with store.reading() as session:
        assert session.get(Source, f"{name}-{row}") is not None
"""


@pytest.mark.slow
def test_writers_of_several_processes_neither_fail_nor_lose_a_write(store: Store, migrated_url: str) -> None:
    with store.session() as session:
        session.add(Source(sha="total", text="0"))
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITE, migrated_url, str(name), str(ROWS)],
            stderr=subprocess.PIPE,
            text=True,
        )
        for name in range(WRITERS)
    ]
    assert [writer.communicate(timeout=60)[1] for writer in writers] == [""] * WRITERS
    with store.reading() as session:
        assert len(session.scalars(select(Source)).all()) == WRITERS * ROWS + 1
        total = session.get(Source, "total")
    assert total is not None and total.text == str(WRITERS * ROWS)


@pytest.mark.slow
def test_processes_that_open_a_new_store_at_once_make_it_once(store_url: str, tmp_path: Path) -> None:
    open_it = "import sys; from jupyter_mlops.store import Store; Store.open(sys.argv[1])"
    openers = [
        subprocess.Popen([sys.executable, "-c", open_it, store_url], stderr=subprocess.PIPE, text=True)
        for _ in range(WRITERS)
    ]
    assert [opener.communicate(timeout=60)[1] for opener in openers] == [""] * WRITERS
