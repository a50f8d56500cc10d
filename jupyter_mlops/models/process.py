"""The tracking process of a Jupyter server: it answers what is asked of MLflow, and moves aliases."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any

from jupyter_mlops.config import Settings
from jupyter_mlops.models.left_behind import finish_rejection
from jupyter_mlops.models.moves import move_as_dict
from jupyter_mlops.models.promotion import Promotions
from jupyter_mlops.models.registration import find_registration
from jupyter_mlops.store import Store
from jupyter_mlops.tracking.client import Tracking
from jupyter_mlops.tracking.process import answers_of, serve

MODULE = "jupyter_mlops.models.process"


class _Acting:
    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    @cached_property
    def _store(self) -> Store:
        return self._settings.open_store()

    @property
    def _promotions(self) -> Promotions:
        return Promotions(self._store, self._settings)

    def answers(self, tracking: Tracking) -> dict[str, Callable[..., Any]]:
        return {
            **answers_of(tracking),
            "move_alias": self._move,
            "roll_back": self._roll_back,
            "finish_rejection": self._finish_rejection,
        }

    def _move(self, **said: Any) -> dict[str, Any]:
        return move_as_dict(self._promotions.move(**said))

    def _roll_back(self, **said: Any) -> dict[str, Any]:
        return move_as_dict(self._promotions.roll_back(**said))

    def _finish_rejection(self, registration: str) -> None:
        with self._store.reading() as session:
            row = find_registration(session, registration)
        finish_rejection(self._store, self._settings, row)


if __name__ == "__main__":
    serve(Settings.load(), _Acting(Settings.load()).answers)
