"""What was left by processes that died, or by requests: found by workers, and carried out to its end."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta, timezone

from jupyter_mlops.config import Settings, hide_password
from jupyter_mlops.errors import MlopsError
from jupyter_mlops.models.carry_out import carry_out
from jupyter_mlops.models.evidence import keep_evidence
from jupyter_mlops.models.facts import facts_from
from jupyter_mlops.models.moves import models_with_intended_moves
from jupyter_mlops.models.promotion import Promotions
from jupyter_mlops.models.registration import left_registrations, settings_of
from jupyter_mlops.store import Store
from jupyter_mlops.store.tables import Registration
from jupyter_mlops.tracking.client import Tracking
from jupyter_mlops.tracking.model_facts import facts_of_version

log = logging.getLogger(__name__)
MOVES_TAKE = timedelta(seconds=30)
"""A move that was intended longer ago is not being made by a living process."""


def is_something_left(store: Store) -> bool:
    """Whether there is a registration that nobody holds, or a move that nobody makes."""
    with store.reading() as session:
        return bool(left_registrations(session) or models_with_intended_moves(session, _moves_before()))


def carry_out_all(store: Store, settings: Settings) -> bool:
    """Carry out all that is left; what fails holds up nothing else. False when something did."""
    is_done = True
    with store.reading() as session:
        ids = left_registrations(session)
    for registration_id in ids:
        try:
            carry_out(store, settings, registration_id)
        except MlopsError as error:
            log.warning("registration %s: %s", registration_id, error.message)
            is_done = False
    with store.reading() as session:
        models = models_with_intended_moves(session, _moves_before())
    for uri, model in models:
        own = hide_password(settings.tracking_uri) == uri
        try:
            Promotions(store, settings if own else settings.tracking_at(uri)).recover(model)
        except MlopsError as error:
            log.warning("the aliases of %s: %s", model, error.message)
            is_done = False
    return is_done


def finish_rejection(store: Store, settings: Settings, row: Registration) -> None:
    """Take away the alias of a version that was rejected, and keep the decision with it.

    Raises:
        TrackingUnavailableError: MLflow does not answer; a worker takes the alias away later.
    """
    settings = settings_of(settings, row)
    Promotions(store, settings).recover(row.model)
    tracking = Tracking(settings.tracking_uri)
    model = facts_from(facts_of_version(tracking.client, row.model, str(row.version)))
    keep_evidence(tracking, store, row, model, row.gates)


def _moves_before() -> datetime:
    return datetime.now(timezone.utc) - MOVES_TAKE
