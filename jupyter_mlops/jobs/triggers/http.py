"""`http`: when somebody who has the trigger's token calls its address.

Two ways to prove it, both over the token that is shown once:

- `Authorization: Bearer TOKEN`: simple, for a connection that is encrypted.
- `X-Mlops-Signature: t=SECONDS,v1=HEX`: the token never travels. HEX is the HMAC-SHA256 of `SECONDS.BODY`,
  its key the hexadecimal SHA-256 of the token; SECONDS is the time, at most five minutes off. The same
  signature is taken once.

Of the token the store holds its SHA-256 alone: who reads the store cannot call with the token, though, as
with every shared secret of signatures, could sign.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from jupyter_mlops.errors import MlopsError, ScheduleError
from jupyter_mlops.jobs.triggers.kind import Place, TriggerKind
from jupyter_mlops.jobs.triggers.spec_fields import (
    check_declared,
    check_names,
    read_flag,
    read_number,
)

SIGNED_WITHIN_S = 300
_SIGNATURE = re.compile(r"\s*t=(\d{1,12})\s*,\s*v1=([0-9a-f]{64})\s*")


class CallRefusedError(MlopsError):
    """A call without a valid token; whether there is such a trigger is not told."""

    code = "call_refused"
    status = 403


class TooManyCallsError(MlopsError):
    """More calls than the trigger allows in a minute."""

    code = "too_many_calls"
    status = 429


@dataclass(frozen=True)
class Call:
    """A call as it came.

    Args:
        authorization: the header `Authorization`.
        signature: the header `X-Mlops-Signature`.
        key: the header `Idempotency-Key`: the same key is the same call.
        body: as sent, before it is read.
    """

    authorization: str | None
    signature: str | None
    key: str | None
    body: bytes


class HttpKind(TriggerKind):
    """`{"parameters": ["day"], "per_minute": 30, "signed": false}`; by default every parameter may be set."""

    name = "http"
    has_token: ClassVar[bool] = True

    def check(self, given: Mapping[str, Any], place: Place) -> dict[str, Any]:
        """Which parameters a call may set, how many calls a minute, and whether each must be signed."""
        check_names(given, ("parameters", "per_minute", "signed"))
        names = given.get("parameters")
        if names is not None:
            if not isinstance(names, (list, tuple)) or not all(isinstance(name, str) for name in names):
                raise ScheduleError(
                    "parameters is no list of names.",
                    field="parameters",
                    hint="Write parameters: [day], [] for none, or leave it out for all.",
                )
            check_declared(names, place, "parameters")
            names = sorted(set(names))
        kept = {name: value for name, value in place.before.items() if name == "token_sha256"}
        return {
            "parameters": names,
            "per_minute": read_number(given, "per_minute", 1, 600, 30),
            "signed": read_flag(given, "signed", False),
            **kept,
        }

    def describe(self, spec: Mapping[str, Any]) -> str:
        """`When its address is called with a signature`."""
        return f"When its address is called with {'a signature' if spec['signed'] else 'its token'}"

    def shown(self, spec: Mapping[str, Any]) -> dict[str, Any]:
        """Without what was made of the token."""
        return {name: value for name, value in spec.items() if name != "token_sha256"}


def new_token() -> tuple[str, str]:
    """A token, to be shown once, and its SHA-256, to be kept."""
    token = f"mlops_{secrets.token_urlsafe(32)}"
    return token, hashlib.sha256(token.encode()).hexdigest()


def sign(token: str, body: bytes, moment: datetime) -> str:
    """The header `X-Mlops-Signature` of a call."""
    seconds = int(moment.timestamp())
    return f"t={seconds},v1={_hmac(hashlib.sha256(token.encode()).hexdigest(), seconds, body)}"


def check_call(spec: Mapping[str, Any] | None, call: Call, now: datetime) -> str:
    """The key of the fire that a call makes.

    Args:
        spec: the trigger's, None when there is no such trigger: the call is refused all the same.
        call: as it came.
        now: the moment.

    Raises:
        CallRefusedError: its token or signature is not the trigger's, or the signature is too old.
    """
    sha = spec["token_sha256"] if spec else "0" * 64
    given = _SIGNATURE.fullmatch(call.signature or "")
    if given is not None:
        seconds, signature = int(given[1]), given[2]
        right = hmac.compare_digest(_hmac(sha, seconds, call.body), signature)
        if right and spec and abs(now.timestamp() - seconds) <= SIGNED_WITHIN_S:
            return f"signature:{signature}"
    elif call.authorization and not (spec and spec["signed"]):
        scheme, _, token = call.authorization.partition(" ")
        right = hmac.compare_digest(hashlib.sha256(token.strip().encode()).hexdigest(), sha)
        if right and spec and scheme.lower() == "bearer":
            return _key_of_bearer(call.key)
    raise CallRefusedError(
        "The call is refused.",
        hint="It takes the trigger's token as `Authorization: Bearer TOKEN`, or a fresh "
        "`X-Mlops-Signature: t=SECONDS,v1=HMAC`; see the how-to.",
    )


def _key_of_bearer(key: str | None) -> str:
    if key is None:
        return f"call:{secrets.token_hex(16)}"
    return f"key:{hashlib.sha256(key.encode()).hexdigest()}"


def _hmac(sha: str, seconds: int, body: bytes) -> str:
    return hmac.new(sha.encode(), f"{seconds}.".encode() + body, hashlib.sha256).hexdigest()
