"""Which jobs and runs a list has: what is asked for, as a query."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Select, or_, select

from jupyter_mlops.errors import BadInputError
from jupyter_mlops.runs.states import RunState
from jupyter_mlops.store.tables import Job, Run

MAX_SEARCH_CHARS = 200


def runs_query(
    root: str | None,
    *,
    notebook: str | None = None,
    job_id: str | None = None,
    state: str | None = None,
    batch_id: str | None = None,
    search: str | None = None,
) -> Select[Any]:
    """The runs of a root (None: of all) that are as asked for; None asks for nothing.

    Args:
        search: what the job's name, the notebook's path or the message has in it, upper and lower case
            alike, or what the run's id begins with.

    Raises:
        BadInputError: there is no such state, or nothing can be searched for by that.
    """
    query = _equal(
        select(Run),
        {
            Run.root: root,
            Run.notebook: notebook,
            Run.job_id: job_id,
            Run.state: _checked_state(state),
            Run.batch_id: batch_id,
        },
    )
    if search is None:
        return query
    text = _checked(search)
    named = select(Job.id).where(Job.name.icontains(text, autoescape=True))
    return query.where(
        or_(
            Run.id.startswith(text.lower(), autoescape=True),
            Run.job_id.in_(named),
            Run.notebook.icontains(text, autoescape=True),
            Run.message.icontains(text, autoescape=True),
        )
    )


def jobs_query(root: str | None, *, notebook: str | None = None, search: str | None = None) -> Select[Any]:
    """The jobs of a root (None: of all) that are not deleted, and are as asked for.

    Args:
        search: what the name or the notebook's path has in it, or what the id begins with.

    Raises:
        BadInputError: nothing can be searched for by that.
    """
    query = _equal(select(Job).where(Job.deleted_at.is_(None)), {Job.root: root, Job.notebook: notebook})
    if search is None:
        return query
    text = _checked(search)
    return query.where(
        or_(
            Job.id.startswith(text.lower(), autoescape=True),
            Job.name.icontains(text, autoescape=True),
            Job.notebook.icontains(text, autoescape=True),
        )
    )


def _equal(query: Select[Any], asked: dict[Any, str | None]) -> Select[Any]:
    conditions: list[ColumnElement[bool]] = [
        column == value for column, value in asked.items() if value is not None
    ]
    return query.where(*conditions)


def _checked_state(state: str | None) -> str | None:
    try:
        return None if state is None else RunState(state).value
    except ValueError:
        known = ", ".join(known.value for known in RunState)
        raise BadInputError(f"There is no state {state!r}.", field="state", hint=f"One of {known}.") from None


def _checked(search: str) -> str:
    text = search.strip()
    if not text or len(text) > MAX_SEARCH_CHARS:
        raise BadInputError(f"What to search for has 1 to {MAX_SEARCH_CHARS} characters.", field="search")
    return text
