"""What was recorded of this very kernel."""

from __future__ import annotations

from pathlib import Path

from jupyter_mlops.capture.ingester import Ingester
from jupyter_mlops.capture.judgement import Record
from jupyter_mlops.capture.recorder import Recorder
from jupyter_mlops.store import Store
from jupyter_mlops.store.executions import list_executions
from jupyter_mlops.store.paging import MAX_LIMIT, PageRequest

MAX_RECORDS = 2000
"""The newest executions of a session; one that is longer is judged by these."""


def session_records(current: Recorder, store: Store) -> list[Record]:
    """The kernel's cell executions until now, oldest first, as `CellExecution` in the REST schema.

    Its journal is taken up first: the server may not have done so yet, and there may be none.

    Raises:
        OSError: the journal cannot be read.
        SQLAlchemyError: the store refuses.
    """
    if current.journal is not None:
        Ingester(store).ingest_file(Path(current.journal))
    records: list[Record] = []
    cursor: str | None = None
    with store.reading() as session:
        while len(records) < MAX_RECORDS:
            request = PageRequest(MAX_LIMIT, cursor)
            page = list_executions(session, request, session_id=current.session_id)
            records.extend(page.items)
            cursor = page.next_cursor
            if cursor is None:
                break
    return records[::-1]
