"""Where executed notebooks are kept besides `mlops-runs/`: an address that fsspec understands.

What an address looks like is checked wherever it comes from; whether this machine can write to such a place
is asked when somebody gives one, and by the preflight: another machine may have other packages.
"""

from __future__ import annotations

import importlib.util
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from jupyter_mlops.errors import BadInputError

MAX_CHARS = 1000
INSTALL = "pip install 'jupyter_mlops[remote]'"
_PROTOCOL = re.compile(r"[a-z][a-z0-9+.-]*\Z")
_LOCAL = frozenset({"file", "local"})
# Read only, gone with its process, or a view of another file system.
_KEEPS_NOTHING = frozenset(
    (
        *(
            "http",
            "https",
            "data",
            "memory",
            "reference",
            "git",
            "github",
            "gist",
            "zip",
            "tar",
            "libarchive",
        ),
        *("cached", "blockcache", "filecache", "simplecache", "dir", "generic"),
        *("async_wrapper", "asyncwrapper", "asynclocal"),
    )
)
_NO_ADDRESS = "This is no address of a place for notebooks."
_EXAMPLE = "Give an address such as s3://bucket/prefix, gs://bucket/prefix or file:///mnt/share/notebooks."
_CREDENTIALS = (
    "Name the credentials as secrets in the job's environment (AWS_SECRET_ACCESS_KEY=secret://NAME), "
    "or keep them in fsspec's own configuration."
)


@dataclass(frozen=True)
class Lack:
    """Why this machine cannot write to an address, and what to do about it."""

    message: str
    hint: str


def check_form(url: object, field: str) -> str:
    """An address as it is written; nothing is asked of this machine.

    Raises:
        BadInputError: it is none, or it holds a password or a token, which no message repeats.
    """
    if not isinstance(url, str) or not url.isprintable() or url != url.strip() or len(url) > MAX_CHARS:
        raise BadInputError(_NO_ADDRESS, field=field, hint=_EXAMPLE)
    protocol, given, place = url.partition("://")
    if not given or not _PROTOCOL.match(protocol):
        raise BadInputError("The address names no protocol.", field=field, hint=_EXAMPLE)
    try:
        has_password = urlsplit(url).password is not None or "?" in url
    except ValueError:
        raise BadInputError(
            "This is no address of a place for notebooks.", field=field, hint=_EXAMPLE
        ) from None
    if has_password:
        raise BadInputError("The address holds a password or a token.", field=field, hint=_CREDENTIALS)
    if "::" in url or not place.strip("/") or (protocol in _LOCAL and not place.startswith("/")):
        raise BadInputError(f"{url[:80]!r} names no place to write to.", field=field, hint=_EXAMPLE)
    return url


def check_address(url: str, field: str) -> str:
    """An address that this machine can write to, as far as its packages go.

    Raises:
        BadInputError: see `check_form`; or the protocol is unknown, or its package is not installed.
    """
    check_form(url, field)
    if (lack := lack_of(url)) is not None:
        raise BadInputError(lack.message, field=field, hint=lack.hint)
    return url


def lack_of(url: str) -> Lack | None:
    """What this machine lacks to write to an address of good form; None when it lacks nothing."""
    protocol = url.partition("://")[0]
    if protocol in _KEEPS_NOTHING:
        return Lack(f"Nothing can be kept at {protocol}://.", _EXAMPLE)
    if importlib.util.find_spec("fsspec") is None:
        return Lack("Notebooks are kept elsewhere by fsspec, which is not installed.", INSTALL)
    from fsspec.registry import get_filesystem_class, known_implementations, registry

    if protocol in registry:
        return None
    if protocol not in known_implementations:
        return Lack(f"fsspec knows no protocol {protocol[:40]!r}.", _EXAMPLE)
    known = known_implementations[protocol]
    package = known["class"].partition(".")[0]
    try:
        if package != "fsspec":  # asked for, not loaded: it may take seconds
            found = importlib.util.find_spec(package) is not None
        else:
            found = get_filesystem_class(protocol) is not None
    except ImportError:
        found = False
    if found:
        return None
    said = known.get("err") or f"Install {package}"
    return Lack(f"A package is missing for {protocol}://. {said.rstrip('.')}.", f"pip install {package}")
