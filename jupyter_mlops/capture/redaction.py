"""Secrets taken out of what is about to be written. Standard library only.

Two kinds are known: the values of environment variables that are named like secrets, or that the variable
`JUPYTER_MLOPS_REDACT` names, and texts that have the shape of a well-known token. What is neither cannot be
known.

A text is first searched for what every secret of a kind contains (one pattern of plain words), so that the
others are only matched where there may be something to find.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from jupyter_mlops.capture.kernel.journal_writer import to_line

REDACTED = "‹redacted›"  # noqa: RUF001
MIN_SECRET = 7  # characters; "secret" and "false" are words of many texts
REDACT = "JUPYTER_MLOPS_REDACT"  # names of further variables, with commas between
MIN_DECLARED = 4  # characters of a value that is known to be secret; a shorter one stands in every text

_NAMED = r"(?:TOKEN|SECRET|PASSWORD|PASSWD|API_?KEY|CREDENTIAL|PRIVATE_?KEY)"
_SECRET_NAME = re.compile(_NAMED, re.IGNORECASE)
_PLACE_NAME = re.compile(r"_(?:DIR|FILE|PATH)$", re.IGNORECASE)  # DB_PASSWORD_FILE=/run/secrets/db

_SHAPES = (
    r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"  # AWS
    r"|\b(?:gh[pousr]_[A-Za-z0-9]{20,255}|github_pat_\w{20,255})"
    r"|\bgl(?:pat|ptt|dt|rt|cbt)-[\w-]{20,255}"  # GitLab
    r"|\bxox[abeoprs]-[\w-]{10,255}"  # Slack
    r"|\bAIza[\w-]{35}"  # Google
    r"|\bsk-[A-Za-z0-9_-]{20,255}"  # OpenAI, Anthropic and their kin
    r"|\bhf_[A-Za-z0-9]{20,255}"  # Hugging Face
    r"|\beyJ[\w-]{8,4096}\.[\w-]{8,8192}\.[\w-]{0,4096}"  # a JSON web token
    r"|-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----.*?(?:-----END [A-Z ]{0,40}PRIVATE KEY-----|\Z)"
    r"|(?<=://)[^\s/:@\"'\\]{0,256}:[^\s/@\"'\\]{1,256}(?=@)"  # user:password@ of an address
)
_MARKS = (
    *("AKIA", "ASIA", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"),
    *(
        "glpat-",
        "glptt-",
        "gldt-",
        "glrt-",
        "glcbt-",
        "xox",
        "AIza",
        "sk-",
        "hf_",
        "eyJ",
        "PRIVATE KEY",
        "://",
    ),
)

_ASSIGNED = (  # api_key = "…", os.environ["DB_PASSWORD"] = '…', "token": "…", password="…"
    rf"""(?P<name>{_NAMED}S?(?![A-Za-z])\w{{0,40}}["'\]\\]{{0,4}}\s{{0,8}}[=:]\s{{0,8}}[rbf]?)(?P<quote>\\?["'])"""
    r"""(?P<value>[^"'\\\s]{7,512})(?P=quote)"""
    rf"""|(?P<env>%(?:set_)?env\s+\w*{_NAMED}\w*[\s=]+)(?P<set>\S{{7,512}})"""
)
_ASSIGNED_MARKS = ("token", "secret", "passw", "apikey", "api_key", "credential", "private")
_SPECIAL = re.compile(r"[<\[{(]")  # "<|endoftext|>", "[MASK]": a tokeniser's token is no secret


@functools.cache
def _compiled(pattern: str, flags: int) -> re.Pattern[str]:
    """A pattern, compiled when first needed: it takes milliseconds, and most kernels never need it."""
    return re.compile(pattern, flags)


def _any_of(marks: tuple[str, ...]) -> Callable[[str], object]:
    """A search for any of the marks; one pattern costs less than a search for each."""
    return re.compile("|".join(map(re.escape, marks))).search


class Redactor:
    """Takes secrets out of texts and of records.

    Args:
        environ: where the values of secrets are looked for; `refresh` looks again.
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._values: tuple[str, ...] = ()
        self.refresh(environ)

    def refresh(self, environ: Mapping[str, str]) -> None:
        """Learn the values that the environment's secrets have now; those known before stay known."""
        new = {value for name, value in environ.items() if len(value) >= MIN_SECRET and is_secret_name(name)}
        for name in redacted_variables(environ):
            new |= _spellings(environ.get(name, ""))
        self._values = tuple(sorted({*self._values, *new}, key=len, reverse=True))
        escaped = {json.dumps(value)[1:-1] for value in self._values}
        marks = (*_MARKS, *self._values, *escaped)
        self._search = _any_of(marks)
        self._search_source = _any_of((*_ASSIGNED_MARKS, *map(str.casefold, marks)))

    def text(self, text: str) -> str:
        """The text, each secret in it replaced by `REDACTED`."""
        if self._search(text):
            for value in self._values:
                text = text.replace(value, REDACTED)
            text = _compiled(_SHAPES, re.DOTALL).sub(REDACTED, text)
        return text

    def known(self, value: Any) -> Any:
        """JSON without the known values, also not in the names of its fields; all else is left as it is."""
        if isinstance(value, str):
            for secret in self._values:
                value = value.replace(secret, REDACTED)
        elif isinstance(value, dict):
            return {self.known(name): self.known(item) for name, item in value.items()}
        elif isinstance(value, (list, tuple)):
            return [self.known(item) for item in value]
        return value

    def unfinished(self, text: str) -> int:
        """How many characters at the end of a text may be the beginning of a known value."""
        longest = 0
        for value in self._values:
            at = text.find(value[0], max(0, len(text) - len(value) + 1))
            while at >= 0 and not value.startswith(text[at:]):
                at = text.find(value[0], at + 1)
            longest = max(longest, len(text) - at if at >= 0 else 0)
        return longest

    def source(self, text: str) -> str:
        """A cell's source, or a text that may quote one: also without what is assigned to a secret's name."""
        if self._search_source(text.casefold()):
            text = self.text(text)
            text = _compiled(_ASSIGNED, re.IGNORECASE).sub(_hide_value, text)
        return text

    def to_json(self, value: Any) -> str:
        """A value in JSON, on one line, with every text in it redacted."""
        line = to_line(value)
        return to_line(self.record(value)) if self._search(line) else line

    def record(self, value: Any) -> Any:
        """A JSON value with every text in it redacted; the names of its fields stay."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return {name: self.record(item) for name, item in value.items()}
        if isinstance(value, (list, tuple)):
            return [self.record(item) for item in value]
        return value if isinstance(value, (int, float)) or value is None else self.text(repr(value))


def is_secret_name(name: str) -> bool:
    """Whether a variable of this name holds a secret, by all that its name says."""
    return bool(_SECRET_NAME.search(name)) and not _PLACE_NAME.search(name)


def redacted_variables(environ: Mapping[str, str]) -> set[str]:
    """The variables that `JUPYTER_MLOPS_REDACT` names."""
    return {name for one in environ.get(REDACT, "").split(",") if (name := one.strip())}


def _spellings(value: str) -> set[str]:
    """How a secret may be written: as it is, each of its lines, quoted by Python, JSON, HTML or a URL."""
    if len(value) < MIN_DECLARED:
        return set()
    from html import escape
    from urllib.parse import quote, quote_plus

    lines = {line for line in map(str.strip, value.splitlines()) if len(line) >= MIN_SECRET}
    written = {
        spelling
        for one in (value, value.strip(), *lines)
        for spelling in (
            *(one, repr(one)[1:-1], ascii(one)[1:-1], repr(one.encode(errors="replace"))[2:-1]),
            *(json.dumps(one)[1:-1], json.dumps(one, ensure_ascii=False)[1:-1]),
            *(escape(one), escape(one, quote=False), quote(one, safe=""), quote_plus(one)),
        )
    }
    return {spelling for spelling in written if len(spelling) >= MIN_DECLARED}


def _hide_value(match: re.Match[str]) -> str:
    if match["env"]:
        return f"{match['env']}{REDACTED}"
    if _SPECIAL.match(match["value"]):
        return match[0]
    return f"{match['name']}{match['quote']}{REDACTED}{match['quote']}"
