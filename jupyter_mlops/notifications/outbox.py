"""What is to be told about a run, written in the transaction that makes it true.

So nothing is told of what did not happen, and nothing is forgotten when a process dies. A unique key makes
each be told once; `delivery.py` carries it to its channel.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timezone

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from jupyter_mlops.ids import new_id
from jupyter_mlops.notifications.message import Message, message_about
from jupyter_mlops.notifications.rules import JUPYTERLAB, Event, Rules, rules_of
from jupyter_mlops.runs.states import RunState
from jupyter_mlops.store import changes
from jupyter_mlops.store.tables import Notification, Run

PENDING, SENT, GIVEN_UP = "pending", "sent", "given_up"
UNSEEN, SEEN = "unseen", "seen"
BAD_ENDS = frozenset({RunState.FAILED, RunState.TIMED_OUT, RunState.LOST})
_JUDGED = [state.value for state in (*BAD_ENDS, RunState.SUCCEEDED)]


def note_run(session: Session, run: Run) -> None:
    """Note what is to be told about a run in the state that it has now; of most there is nothing.

    To be called in the transaction that changes its state; called again it notes nothing more.
    """
    state = RunState(run.state)
    if state is RunState.RUNNING and run.mlflow_run_id is None:
        return  # it may yet have to wait for its tracking server, or be refused before it starts
    rules = rules_of(run.policies)
    if state is RunState.RUNNING:
        note_event(session, run, Event.STARTED, rules)
    elif state in BAD_ENDS:
        note_event(session, run, Event.FAILED, rules)
    elif state is RunState.SUCCEEDED:
        told: Sequence[str] = ()
        if rules.get(Event.RECOVERED.value) and _failed_before(session, run):
            told = note_event(session, run, Event.RECOVERED, rules)
        note_event(session, run, Event.SUCCEEDED, rules, besides=told)


def note_event(
    session: Session, run: Run, event: Event, rules: Rules, besides: Sequence[str] = ()
) -> Sequence[str]:
    """Note an event for each channel that its rule names, but those `besides`; answers with the channels."""
    channels = [channel for channel in rules.get(event.value, ()) if channel not in besides]
    if channels:
        message = message_about(run, event)
        # A run that is resumed may fail again, in another attempt: that is news. It starts but once.
        ending = event not in (Event.STARTED, Event.LONGER_THAN_USUAL)
        about = (run.attempt_id if ending else None) or run.id
        for channel in channels:
            note(session, run, f"{about}:{event.value}:{channel}", channel, message)
    return channels


def note(session: Session, run: Run, key: str, channel: str, message: Message) -> bool:
    """Note a message for a channel, unless its key was noted before; says whether it is new."""
    now = datetime.now(timezone.utc)
    state = UNSEEN if channel == JUPYTERLAB else PENDING
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    written = session.scalar(
        insert(Notification)
        .values(
            id=new_id(),
            key=key,
            root=run.root,
            run_id=run.id,
            job_id=run.job_id,
            event=message.event,
            channel=channel,
            title=message.title,
            body=message.body,
            state=state,
            tries=0,
            next_try_at=now if state == PENDING else None,
            created_at=now,
        )
        .on_conflict_do_nothing(index_elements=[Notification.key])
        .returning(Notification.id)
    )
    if written is not None:
        changes.record(session, "notification", written, state=state, root=run.root, notebook=run.notebook)
    return written is not None


def _failed_before(session: Session, run: Run) -> bool:
    """Whether the run of the same job before this one that came to an end of its own failed."""
    before = session.scalar(
        select(Run.state)
        .where(
            Run.job_id == run.job_id,
            Run.id != run.id,
            Run.created_at <= run.created_at,
            Run.state.in_(_JUDGED),
        )
        .order_by(Run.created_at.desc(), Run.id.desc())
        .limit(1)
    )
    return before is not None and RunState(before) in BAD_ENDS
