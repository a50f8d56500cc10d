"""The states of a registration, and what is said of each."""

from __future__ import annotations

from enum import Enum


class RegistrationState(str, Enum):
    """How far a model is on its way into the registry. The value is what the store, REST and the CLI show."""

    QUEUED = "queued"
    CHECKING = "checking"
    REGISTERING = "registering"
    GATING = "gating"
    AWAITING_APPROVAL = "awaiting_approval"
    PROMOTING = "promoting"
    REFUSED = "refused"
    REGISTERED = "registered"
    PROMOTED = "promoted"
    KEPT = "kept"
    REJECTED = "rejected"
    FAILED = "failed"

    @property
    def is_final(self) -> bool:
        """Whether nothing can follow."""
        return self not in UNDER_WAY and self is not RegistrationState.AWAITING_APPROVAL


UNDER_WAY = (
    RegistrationState.QUEUED,
    RegistrationState.CHECKING,
    RegistrationState.REGISTERING,
    RegistrationState.GATING,
    RegistrationState.PROMOTING,
)
"""Those in which a process has something to do."""

NEXT_STEP = {
    RegistrationState.QUEUED: "look for the model that the run logged",
    RegistrationState.CHECKING: "judge the gates before registration",
    RegistrationState.REGISTERING: "make the version",
    RegistrationState.GATING: "judge the gates before promotion",
    RegistrationState.PROMOTING: "move the alias",
}
"""What is done next, for those who wonder why it stands still."""
