"""The tracking process of a Jupyter server: it answers what is asked of MLflow, and moves aliases."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any

from jupyter_mlops.config import Settings
from jupyter_mlops.models.moves import move_as_dict
from jupyter_mlops.models.promotion import Promotions
from jupyter_mlops.tracking.client import Tracking
from jupyter_mlops.tracking.process import answers_of, serve

MODULE = "jupyter_mlops.models.process"


class _Acting:
    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    @cached_property
    def _promotions(self) -> Promotions:
        return Promotions(self._settings.open_store(), self._settings)

    def answers(self, tracking: Tracking) -> dict[str, Callable[..., Any]]:
        return {**answers_of(tracking), "move_alias": self._move, "roll_back": self._roll_back}

    def _move(self, **said: Any) -> dict[str, Any]:
        return move_as_dict(self._promotions.move(**said))

    def _roll_back(self, **said: Any) -> dict[str, Any]:
        return move_as_dict(self._promotions.roll_back(**said))


if __name__ == "__main__":
    serve(Settings.load(), _Acting(Settings.load()).answers)
