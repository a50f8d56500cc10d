"""What is to be told of models: one is champion now, one waits for a person, one was held back."""

from __future__ import annotations

from sqlalchemy.orm import Session

from jupyter_mlops.notifications.message import MAX_CHARS, Message
from jupyter_mlops.notifications.outbox import note
from jupyter_mlops.notifications.rules import JUPYTERLAB, Event, rules_of
from jupyter_mlops.store.tables import Registration, Run

_EVENTS = {
    "awaiting_approval": Event.AWAITING_APPROVAL,
    "promoted": Event.PROMOTED,
    "kept": Event.KEPT,
}
_TITLES = {
    Event.AWAITING_APPROVAL: "{model}, version {version}, waits for approval",
    Event.PROMOTED: "{model}, version {version}, is {alias}",
    Event.KEPT: "{model}, version {version}, did not become {alias}",
}
_UNASKED = {Event.AWAITING_APPROVAL: [JUPYTERLAB]}
"""What is told where the job's policy says nothing of it: what nobody would go on with otherwise."""


def note_registration(session: Session, row: Registration) -> None:
    """Note what is to be told of a registration in its state; of most there is nothing.

    To be called in the transaction that changes its state; called again it notes nothing more. What is told
    goes by the policies of the job whose run gave the model; a registration without one is not told.
    """
    event, run = _EVENTS.get(row.state), session.get(Run, row.run_id) if row.run_id else None
    if event is None or run is None:
        return
    alias = row.plan.get("alias")
    title = _TITLES[event].format(model=row.model, version=row.version, alias=alias)
    body = f"{row.message or ''}\nNotebook: {run.notebook}\nRegistration: {row.id}".strip()
    for channel in rules_of(run.policies).get(event.value, _UNASKED.get(event, ())):
        note(
            session,
            run,
            f"{row.id}:{event.value}:{channel}",
            channel,
            Message(event.value, title, body[:MAX_CHARS]),
        )
