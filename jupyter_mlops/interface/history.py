"""`jupyter_mlops.history`: what was recorded of a notebook, as a table to work with."""

from __future__ import annotations

import os
from datetime import datetime
from typing import TYPE_CHECKING, Any

from jupyter_mlops.errors import MlopsError
from jupyter_mlops.notebooks.places import locate_notebook
from jupyter_mlops.workspace import Workspace

if TYPE_CHECKING:
    import pandas

DEFAULT_ROWS = 10_000
MOMENT = "datetime64[us, UTC]"
COLUMNS = {
    "id": "string",
    "session_id": "string",
    "notebook": "string",
    "run_id": "string",
    "cell_id": "string",
    "cell_key": "string",
    "key_kind": "string",
    "tags": "object",
    "seq": "Int64",
    "msg_id": "string",
    "execution_count": "Int64",
    "source_sha": "string",
    "source": "string",
    "status": "string",
    "error_name": "string",
    "error_message": "string",
    "traceback": "string",
    "started_at": MOMENT,
    "ended_at": MOMENT,
    "duration_s": "float64",
    "cpu_s": "float64",
    "memory_peak_bytes": "Int64",
    "stdout_bytes": "Int64",
    "stderr_bytes": "Int64",
    "outputs": "object",
    "reads": "object",
    "writes": "object",
    "deletes": "object",
    "unseen": "object",
    "is_unreadable": "bool",
    "seeds": "object",
    "files": "object",
    "packages": "object",
    "frames": "object",
    "memory_bytes": "Int64",
    "gpus": "object",
    "mlflow": "object",
    "notebook_sha": "string",
    "after_run_id": "string",
    "late_output": "object",
    "closed_by": "string",
    "dropped": "object",
    "hook_s": "float64",
    "hook_errors": "Int64",
    "recorded_by": "string",
}


def history(
    notebook: str | os.PathLike[str],
    *,
    as_records: bool = False,
    limit: int | None = DEFAULT_ROWS,
    root: str | os.PathLike[str] | None = None,
    cell: str | None = None,
    origin: str | None = None,
    status: str | None = None,
    session: str | None = None,
    since: datetime | str | None = None,
    until: datetime | str | None = None,
    text: str | None = None,
) -> Any:
    """The cell executions of a notebook, newest first, one a row.

        slow = jupyter_mlops.history("train.ipynb", since="7d").nlargest(5, "duration_s")

    Args:
        notebook: the file, as it is called now.
        as_records: answer with a list of dicts as in the REST schema; needs no pandas.
        limit: the newest so many; None for all.
        root: the server root, where the notebook's name alone does not tell it.
        cell: only this cell's, by its id.
        origin: `interactive` or `job`.
        status: `ok`, `error`, `interrupted`, `aborted`, `kernel_died` or `running`.
        session: only those of this kernel's life.
        since: only those that began then or later: a moment, `2026-11-21`, or an age as `7d`.
        until: only those that began before.
        text: only those whose source has this in it.

    Returns:
        a `pandas.DataFrame` with a column of its own type for each field of `Execution` in the REST schema,
        also when it has no rows; times are aware, in UTC.

    Raises:
        MlopsError: there is no pandas, no such notebook, or a filter's value makes no sense.
    """
    if not as_records:
        _check_pandas()
    found = (
        Workspace()
        .record_of(locate_notebook(notebook, root))
        .iterate(
            limit,
            cell_id=cell,
            origin=origin,
            status=status,
            session_id=session,
            since=since,
            until=until,
            text=text,
        )
    )
    return list(found) if as_records else _as_table(list(found))


def _check_pandas() -> None:
    try:
        import pandas  # noqa: F401
    except ImportError:
        raise MlopsError(
            "The history as a DataFrame needs pandas, which is not installed here.",
            hint="`pip install pandas`, or ask for `history(..., as_records=True)`.",
            code="no_pandas",
        ) from None


def _as_table(records: list[dict[str, Any]]) -> pandas.DataFrame:
    import pandas

    typed: Any = pandas.Series

    def column(name: str, dtype: str) -> Any:
        values = [record[name] for record in records]
        if dtype == MOMENT:
            return typed(pandas.to_datetime(values, utc=True, format="ISO8601")).astype(MOMENT)
        return typed(values, dtype=dtype)

    return pandas.DataFrame({name: column(name, dtype) for name, dtype in COLUMNS.items()})
