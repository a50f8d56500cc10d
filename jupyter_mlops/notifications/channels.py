"""The channels that somebody has set up: names, and the addresses that they stand for.

An address holds a password or a token. It is kept in one file of this user's only, or in an environment
variable, and goes nowhere else: rows, logs and answers have the name.
"""

from __future__ import annotations

import json
import os
import stat
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from jupyter_mlops.errors import BadInputError, NotFoundError, StoreError
from jupyter_mlops.notifications.rules import JUPYTERLAB, check_channel_name

FILE_NAME = "channels.json"
PREFIX = "JUPYTER_MLOPS_CHANNEL_"


@dataclass(frozen=True)
class Channel:
    """A way to tell somebody something.

    Args:
        name: what policies call it.
        url: its address, as apprise has them: `mailto://…`, `slack://…`. A secret.
        source: where it was set up, `environment` or `file`.
    """

    name: str
    url: str = field(repr=False)
    source: str

    @property
    def kind(self) -> str:
        """Its address's scheme: all of it that may be shown."""
        return self.url.partition("://")[0].lower()

    def as_dict(self) -> dict[str, str]:
        """As `Channel` in the OpenAPI file: without the address."""
        return {"name": self.name, "kind": self.kind, "source": self.source}


class Channels:
    """The channels of one user. `JUPYTER_MLOPS_CHANNEL_TEAM_MAIL` in the environment is `team-mail`, and
    wins over the file.

    Args:
        folder: the data folder; `channels.json` in it is made 0600.
        environ: has the variables.
    """

    def __init__(self, folder: Path, environ: Mapping[str, str] = os.environ) -> None:
        self._path = folder / FILE_NAME
        self._environ = environ

    def all(self) -> list[Channel]:
        """Every channel that is set up, by name.

        Raises:
            StoreError: the file cannot be read, or others can read it.
        """
        found = {name: Channel(name, url, "file") for name, url in self._read().items()}
        for variable, url in self._environ.items():
            name = variable.removeprefix(PREFIX).lower().replace("_", "-")
            if variable.startswith(PREFIX) and url and name:
                found[name] = Channel(name, url, "environment")
        return [found[name] for name in sorted(found)]

    def named(self, name: str) -> Channel:
        """A channel by its name.

        Raises:
            NotFoundError: none of that name is set up.
            StoreError: the file cannot be read, or others can read it.
        """
        for channel in self.all():
            if channel.name == name:
                return channel
        raise NotFoundError(
            f"There is no channel {name[:40]!r}.",
            field="channel",
            hint=f"`jupyter mlops notify --set {name[:40]}` makes it; `jupyter mlops notify` lists all.",
        )

    def set(self, name: str, url: str) -> Channel:
        """Set a channel up, or change its address.

        Raises:
            BadInputError: no channel can be called so, or it is no address.
            StoreError: the file cannot be read or written.
        """
        if check_channel_name(name, "channel") == JUPYTERLAB:
            raise BadInputError("The channel 'jupyterlab' is always there.", field="channel")
        _check_url(url.strip())
        self._write({**self._read(), name: url.strip()})
        return Channel(name, url.strip(), "file")

    def remove(self, name: str) -> None:
        """Forget a channel.

        Raises:
            NotFoundError: none of that name is in the file.
            StoreError: the file cannot be read or written.
        """
        kept = self._read()
        if name not in kept:
            raise NotFoundError(f"There is no channel {name[:40]!r} in {self._path}.", field="channel")
        del kept[name]
        self._write(kept)

    def _read(self) -> dict[str, str]:
        try:
            if os.name == "posix" and stat.S_IMODE(self._path.stat().st_mode) & 0o077:
                raise StoreError(
                    f"Others can read {self._path}, which holds passwords.",
                    field="channels",
                    hint=f"chmod 600 '{self._path}', and change the passwords if others had access.",
                )
            found = json.loads(self._path.read_text("utf-8"))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            raise _unusable(self._path, error) from None  # the text at fault may be an address
        return _addresses(found)

    def _write(self, addresses: Mapping[str, str]) -> None:
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle, aside = tempfile.mkstemp(prefix=".channels-", dir=self._path.parent)  # 0600
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump(addresses, file, indent=2)
            Path(aside).replace(self._path)
        except OSError as error:
            raise _unusable(self._path, error) from None


def _addresses(found: Any) -> dict[str, str]:
    """What can be used of a file that somebody may have edited."""
    if not isinstance(found, dict):
        return {}
    return {name: url for name, url in found.items() if isinstance(url, str) and "://" in url}


def _check_url(url: str) -> None:
    try:
        fine = "://" in url and url.isprintable() and bool(urlsplit(url).scheme)
    except ValueError:
        fine = False
    if not fine:
        raise BadInputError(
            "That is no address of a channel.",  # it is not repeated: it may be a secret
            field="address",
            hint="As in mailto://user:password@example.org or slack://TOKEN_A/TOKEN_B/TOKEN_C/#channel.",
        )


def _unusable(path: Path, error: Exception) -> StoreError:
    reason = getattr(error, "strerror", None) or "it is no JSON"
    return StoreError(
        f"The channels in {path} cannot be used: {reason}.",
        field="channels",
        hint='It is one JSON object, {"team-mail": "mailto://…"}, that only you can read (mode 600).',
    )
