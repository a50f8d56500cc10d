"""Where the values of secrets are found on this machine, and the folder in which we keep them ourselves."""

from __future__ import annotations

import contextlib
import os
import re
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from jupyter_mlops.config import Settings
from jupyter_mlops.errors import BadInputError, MlopsError, NotFoundError
from jupyter_mlops.secrets.environment import check_secret_name

SECRETS_DIR = "JUPYTER_MLOPS_SECRETS_DIR"
VARIABLE_PREFIX = "JUPYTER_MLOPS_SECRET_"
MAX_BYTES = 65_536  # no process can be given a variable that is much longer

Source: TypeAlias = Literal["environment", "folder", "kept"]


class SecretMissingError(MlopsError):
    """A run needs a secret that this machine does not have."""

    code = "secret_missing"
    status = 409
    exit_code = 2


@dataclass(frozen=True)
class SecretPlace:
    """Where a secret is; its value is told by `Secrets.value` alone.

    Attributes:
        name: by which it is referred to.
        source: `environment`: a variable of the worker; `folder`: the one that `JUPYTER_MLOPS_SECRETS_DIR`
            names; `kept`: ours.
        place: the variable or the file.
    """

    name: str
    source: Source
    place: str

    def as_dict(self) -> dict[str, str]:
        """As the CLI's `--json` has it."""
        return {"name": self.name, "source": self.source, "place": self.place}


class Secrets:
    """The secrets that this machine has. Of several places that have one the first wins.

    Args:
        settings: ours are below its data folder.
        environ: of the worker; by default this process's.
    """

    def __init__(self, settings: Settings, environ: Mapping[str, str] | None = None) -> None:
        self._environ = os.environ if environ is None else environ
        self._kept = settings.data_dir / "secrets"

    def find(self, name: str) -> SecretPlace | None:
        """Where a secret is; None when this machine does not have it."""
        return next(self._places(name), None)

    def value(self, name: str) -> str:
        """The value of a secret. One newline at its end, as editors leave it, is none of it.

        Raises:
            SecretMissingError: this machine does not have it, or it cannot be a variable's value.
        """
        place = self.find(name)
        if place is None:
            raise SecretMissingError(
                f"The secret {name!r} is not on this machine.",
                field="environment",
                hint=f"`jupyter mlops secrets set {name}` keeps it here; or give the worker the variable "
                f"{variable_of(name)}, or a folder of files by {SECRETS_DIR}.",
            )
        try:
            value = _without_newline(self._read(place))
        except (OSError, UnicodeDecodeError) as error:
            raise _unusable(place, f"cannot be read ({type(error).__name__})") from None
        if problem := _problem(value):
            raise _unusable(place, problem)
        return value

    def all(self) -> list[SecretPlace]:
        """Those that can be found, each where it is taken from, by name."""
        found: dict[str, SecretPlace] = {}
        for variable in self._environ:
            if variable.startswith(VARIABLE_PREFIX):
                name = variable.removeprefix(VARIABLE_PREFIX)
                found[name] = SecretPlace(name, "environment", variable)
        for folder in self._folders():
            for name in _names_in(folder):
                if name not in found and (place := self.find(name)) is not None:
                    found[name] = place
        return [found[name] for name in sorted(found)]

    def keep(self, name: str, value: str) -> Path:
        """Keep a secret in our own folder, in place of the one of that name; answers with its file.

        Raises:
            BadInputError: the name or the value cannot be used.
            OSError: the disk refuses.
        """
        path = self._kept / check_secret_name(name)
        value = _without_newline(value)
        if problem := _problem(value):
            raise BadInputError(f"The secret {name!r} {problem}.", field="value", hint="Nothing was kept.")
        self._kept.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, new = tempfile.mkstemp(dir=self._kept, prefix=".new-")  # made 0600
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(value.encode())
            Path(new).replace(path)
        except BaseException:
            Path(new).unlink(missing_ok=True)
            raise
        return path

    def delete(self, name: str) -> None:
        """Delete a secret that is kept in our own folder.

        Raises:
            NotFoundError: there is none of that name; other places' are not ours to delete.
        """
        try:
            (self._kept / check_secret_name(name)).unlink()
        except FileNotFoundError:
            place = self.find(name)
            hint = "`jupyter mlops secrets list` lists them." if place is None else f"It is in {place.place}."
            raise NotFoundError(f"No secret {name!r} is kept here.", field="name", hint=hint) from None

    def _folders(self) -> Iterator[Path]:
        if mounted := self._environ.get(SECRETS_DIR):
            yield Path(mounted).expanduser()
        yield self._kept

    def _places(self, name: str) -> Iterator[SecretPlace]:
        check_secret_name(name)
        if (variable := variable_of(name)) in self._environ:
            yield SecretPlace(name, "environment", variable)
        for folder in self._folders():
            with contextlib.suppress(OSError):
                if (folder / name).is_file():
                    source: Source = "kept" if folder == self._kept else "folder"
                    yield SecretPlace(name, source, str(folder / name))

    def _read(self, place: SecretPlace) -> str:
        if place.source == "environment":
            return self._environ[place.place]
        with Path(place.place).open("rb") as file:
            return file.read(MAX_BYTES + 2).decode("utf-8")


def variable_of(name: str) -> str:
    """The variable in which a worker may be given a secret."""
    return VARIABLE_PREFIX + re.sub(r"[^A-Z0-9]", "_", name.upper())


def _names_in(folder: Path) -> list[str]:
    try:
        return [path.name for path in folder.iterdir() if path.name[0].isalnum() and path.is_file()]
    except OSError:
        return []


def _without_newline(value: str) -> str:
    return value.removesuffix("\n").removesuffix("\r") if value.endswith("\n") else value


def _problem(value: str) -> str | None:
    """Why a variable cannot have the value, or None."""
    if not value:
        return "is empty"
    if "\0" in value:
        return "holds a NUL character"
    try:
        size = len(value.encode())
    except UnicodeEncodeError:
        return "is no text"
    return f"is longer than {MAX_BYTES} bytes" if size > MAX_BYTES else None


def _unusable(place: SecretPlace, problem: str) -> SecretMissingError:
    return SecretMissingError(
        f"The secret {place.name!r} {problem}.", field="environment", hint=f"It is in {place.place}."
    )
