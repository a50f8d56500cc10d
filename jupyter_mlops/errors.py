"""What can go wrong, as one hierarchy.

Each error carries what happened (`message`), which input was at fault (`field`) and how to mend it
(`hint`). The faces translate: REST to a status and a `Problem` body, the CLI to an exit code, magics and
the sidebar to a notice.
"""

from __future__ import annotations

from typing import ClassVar


class MlopsError(Exception):
    """Base of every error that a user may see.

    Args:
        message: what is wrong, in one sentence that ends with a full stop.
        field: the input at fault, dotted (`parameters.C`), or None.
        hint: how to mend it, or None.
        code: a stable name for programs; the class's own by default.
    """

    code: ClassVar[str] = "error"
    status: ClassVar[int] = 500
    exit_code: ClassVar[int] = 1

    def __init__(
        self, message: str, *, field: str | None = None, hint: str | None = None, code: str | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.hint = hint
        self.reason_code = code or type(self).code

    def as_problem(self) -> dict[str, str | None]:
        """The body of a refusal, as `Problem` in the OpenAPI file describes it."""
        return {"message": self.message, "code": self.reason_code, "field": self.field, "hint": self.hint}


class BadInputError(MlopsError):
    """The caller's input is refused; nothing was stored."""

    code = "bad_input"
    status = 422
    exit_code = 2


class NotFoundError(MlopsError):
    """Nothing of that name or id exists."""

    code = "not_found"
    status = 404
    exit_code = 2


class ConflictError(MlopsError):
    """The input is well formed, but the present state does not allow it."""

    code = "conflict"
    status = 409
    exit_code = 2


class TooManyError(MlopsError):
    """As many as can be served at once are being served."""

    code = "too_many"
    status = 429
    exit_code = 3


class OutsideRootError(BadInputError):
    """A path leads out of the server root."""

    code = "outside_root"
    status = 403


class InvalidNotebookError(BadInputError):
    """The file is not a notebook that can be read."""

    code = "invalid_notebook"


class ParameterError(BadInputError):
    """A parameter is unknown, or its value does not fit."""

    code = "invalid_parameter"


class ScheduleError(BadInputError):
    """A cron expression or time zone cannot be used."""

    code = "invalid_schedule"


class KernelError(BadInputError):
    """No kernel can run the notebook."""

    code = "no_such_kernel"


class TrackingUnavailableError(MlopsError):
    """The MLflow tracking server does not answer."""

    code = "tracking_unavailable"
    status = 503
    exit_code = 3


class RegistrationError(MlopsError):
    """A model could not be registered."""

    code = "registration_failed"
    status = 409
    exit_code = 3


class StoreError(MlopsError):
    """The store cannot be opened, read or written."""

    code = "store_unavailable"
    status = 503
    exit_code = 3
