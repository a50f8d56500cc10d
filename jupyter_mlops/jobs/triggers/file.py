"""`file`: when a file, or files of a pattern, under the root are made or changed.

Files are looked at again and again, as network file systems and containers tell nobody of changes made
elsewhere. A change counts when nothing has changed any more for `settle_s` seconds, so that a file that is
being written, or a folder that is being filled, fires once.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import Any

from jupyter_mlops.errors import ScheduleError
from jupyter_mlops.jobs.triggers.kind import Fire, Place, Sight, Watch, WatchingKind
from jupyter_mlops.jobs.triggers.spec_fields import (
    check_names,
    read_choice,
    read_flag,
    read_moment,
    read_number,
    read_passed,
    read_text,
)

MAX_FILES = 1_000
MAX_ENTRIES = 50_000
MAX_NAMED = 20
_EVENTS = {"created": "is made", "changed": "is changed", "any": "is made or changed"}
_SOURCES = ("path", "paths", "event")
_NEVER = ("mlops-runs", ".ipynb_checkpoints", "__pycache__", "node_modules")
_WILD = re.compile(r"[*?\[]")
Signatures = dict[str, str]


class FileKind(WatchingKind):
    """`{"path": "data/*.csv", "on": "any", "settle_s": 2, "every_s": 2, "content": false, "pass": {...}}`."""

    name = "file"

    def check(self, given: Mapping[str, Any], place: Place) -> dict[str, Any]:
        """A path or pattern (`*`, `?`, `**`) relative to the root; a folder stands for what is in it."""
        check_names(given, ("path", "on", "settle_s", "every_s", "content", "pass"))
        return {
            "path": _check_path(read_text(given, "path", "Write data/*.csv, say."), place.root),
            "on": read_choice(given, "on", tuple(_EVENTS), "any"),
            "settle_s": read_number(given, "settle_s", 0, 3600, 2),
            "every_s": read_number(given, "every_s", 1, 3600, 2),
            "content": read_flag(given, "content", False),
            "pass": read_passed(given, place, _SOURCES),
        }

    def describe(self, spec: Mapping[str, Any]) -> str:
        """`When a file of data/*.csv is made or changed`."""
        what = f"a file of {spec['path']}" if _WILD.search(spec["path"]) else spec["path"]
        return f"When {what} {_EVENTS[spec['on']]}"

    def every_s(self, spec: Mapping[str, Any]) -> float:
        """As written."""
        return float(spec["every_s"])

    def baseline(self, spec: Mapping[str, Any], root: Path) -> dict[str, Any]:
        """The files that are there, unread: where contents count, they are read by the first look."""
        return {"files": _signatures(root, {**spec, "content": False}, {}), "fires": 0}

    def look(self, watch: Watch) -> Sight:
        """One fire for all that has changed and settled; files that are gone are forgotten."""
        now = _signatures(watch.root, watch.spec, watch.seen.get("files") or {})
        if "files" not in watch.seen:
            return Sight({"files": now, "fires": 0})
        before: Signatures = watch.seen["files"]
        wanted = watch.spec["on"]
        events = {
            path: event
            for path, signature in now.items()
            if not _is_same(signature, before.get(path))
            and wanted in ("any", event := "changed" if path in before else "created")
        }
        if not events:
            return Sight({"files": now, "fires": watch.seen["fires"]})
        digest = _digest(now)
        if watch.spec["settle_s"]:
            unsettled = watch.seen.get("unsettled") or {}
            if unsettled.get("digest") != digest:
                return Sight({**watch.seen, "unsettled": {"digest": digest, "since": watch.now.isoformat()}})
            settles_at = read_moment(unsettled["since"], "since") + timedelta(seconds=watch.spec["settle_s"])
            if watch.now < settles_at:
                return Sight(watch.seen)
        number = watch.seen["fires"] + 1
        return Sight({"files": now, "fires": number}, [_fire(watch, events, f"files:{number}:{digest}")])


def _fire(watch: Watch, events: Mapping[str, str], key: str) -> Fire:
    paths = sorted(events)
    outputs = {
        "path": str(watch.root / paths[0]),
        "paths": [str(watch.root / path) for path in paths],
        "event": events[paths[0]],
    }
    return Fire(
        key=key[:100],
        cause={
            "files": [{"path": path, "event": events[path]} for path in paths[:MAX_NAMED]],
            "count": len(paths),
        },
        parameters={name: outputs[source] for name, source in watch.spec["pass"].items()},
    )


def _check_path(path: str, root: Path) -> str:
    parts = PurePosixPath(path.replace("\\", "/")).parts
    if path.startswith("~") or ".." in parts:
        raise _outside(path)
    if PurePosixPath(path).is_absolute():
        for base in (root, root.resolve()):
            if PurePosixPath(path).is_relative_to(base.as_posix()):
                return _check_path(PurePosixPath(path).relative_to(base.as_posix()).as_posix(), root)
        raise _outside(path)
    fixed = Path(root, *(part for part in parts[: _first_wild(parts)]))
    if not fixed.resolve().is_relative_to(root.resolve()):
        raise _outside(path)
    if not parts:
        raise ScheduleError("path is the root itself.", field="path", hint="Write '*.csv', say, or a folder.")
    return PurePosixPath(*parts).as_posix()


def _outside(path: str) -> ScheduleError:
    return ScheduleError(
        f"{path[:200]!r} leads out of the root.",
        field="path",
        hint="Give a path below the folder that the server was started in, without '..'.",
    )


def _first_wild(parts: tuple[str, ...]) -> int:
    return next((index for index, part in enumerate(parts) if _WILD.search(part)), len(parts))


def _signatures(root: Path, spec: Mapping[str, Any], before: Mapping[str, str]) -> Signatures:
    """What each file that matches looks like now: its time of change and size, and its content's hash."""
    found: Signatures = {}
    for path in _matching(root.resolve(), spec["path"]):
        try:
            stat = path.stat()
            relative = path.relative_to(root.resolve()).as_posix()
            stamp = f"{stat.st_mtime_ns}:{stat.st_size}"
            signature = (
                _content_signature(path, stamp, before.get(relative, "")) if spec["content"] else stamp
            )
        except OSError:  # it has gone since it was listed, or may not be read
            continue
        found[relative] = signature
        if len(found) > MAX_FILES:
            raise ScheduleError(
                f"More than {MAX_FILES} files match {spec['path']}.", field="path", hint="Narrow the pattern."
            )
    return found


def _content_signature(path: Path, stamp: str, before: str) -> str:
    """Stamp and hash; the file is read only when its stamp has changed, or it has never been read."""
    before_stamp, _, known = before.partition("#")
    if before_stamp == stamp and known:
        return before
    digest = hashlib.sha256()
    with path.open("rb") as file:
        for block in iter(lambda: file.read(2**20), b""):
            digest.update(block)
    return f"{stamp}#{digest.hexdigest()}"


def _is_same(signature: str, before: str | None) -> bool:
    """Whether a file is as it was: where its content was hashed before and now, the hash alone counts."""
    if before is None:
        return False
    (stamp, _, content), (stamp_before, _, content_before) = signature.partition("#"), before.partition("#")
    return content == content_before if content and content_before else stamp == stamp_before


def _matching(root: Path, pattern: str) -> Iterator[Path]:
    parts = PurePosixPath(pattern).parts
    wild = _first_wild(parts)
    start = root.joinpath(*parts[:wild])
    if not start.resolve().is_relative_to(root):  # a link made since
        return
    if wild == len(parts):
        if start.is_dir():
            yield from _walk(start, root, depth=1)
        elif start.is_file():
            yield start
        return
    rest = parts[wild:]
    depth = None if "**" in rest else len(rest)
    for path in _walk(start, root, depth):
        if _matches(rest, path.relative_to(start).parts):
            yield path


def _matches(pattern: tuple[str, ...], path: tuple[str, ...]) -> bool:
    """Whether a path is meant: `*` and `?` stay within a folder's name, `**` is any number of folders."""
    if not pattern:
        return not path
    if pattern[0] == "**":
        return any(_matches(pattern[1:], path[index:]) for index in range(len(path) + 1))
    return bool(path) and fnmatchcase(path[0], pattern[0]) and _matches(pattern[1:], path[1:])


def _walk(folder: Path, root: Path, depth: int | None) -> Iterator[Path]:
    """The files below a folder without hidden ones, our runs' own, and links that lead out of the root."""
    visited = 0
    folders = [(folder, 1)]
    while folders:
        here, level = folders.pop()
        try:
            entries = sorted(os.scandir(here), key=lambda entry: entry.name)
        except OSError:
            continue
        for entry in entries:
            visited += 1
            if visited > MAX_ENTRIES:
                raise ScheduleError(
                    f"There are more than {MAX_ENTRIES} files below {folder.name or folder}.",
                    field="path",
                    hint="Narrow the pattern, or watch a folder further down.",
                )
            if entry.name.startswith(".") or entry.name in _NEVER:
                continue
            path = Path(entry.path)
            if entry.is_symlink() and not path.resolve().is_relative_to(root):
                continue
            if entry.is_dir(follow_symlinks=False):
                if depth is None or level < depth:
                    folders.append((path, level + 1))
            elif entry.is_file():
                yield path


def _digest(signatures: Signatures) -> str:
    told = "\n".join(f"{path}\t{signature}" for path, signature in sorted(signatures.items()))
    return hashlib.sha256(told.encode()).hexdigest()[:32]
