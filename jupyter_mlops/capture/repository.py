"""How far a notebook's folder has strayed from its commit: asked of git, outside the kernel.

git is given a time limit and told to run nothing that a repository configures (file monitors, external diffs,
text conversions).
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import threading
from datetime import datetime, timezone
from typing import Any

from jupyter_mlops.capture.redaction import Redactor

MAX_DIFF = 256 * 1024  # bytes kept of a diff
TIME_LIMIT_S = 5.0
_READ = 1 << 16
_DIFF = ["git", "-c", "core.fsmonitor=false", "-c", "core.quotePath=false", "diff", "HEAD"]
_PLAIN = ["--no-ext-diff", "--no-textconv", "--no-color", "--src-prefix=a/", "--dst-prefix=b/"]


def describe_changes(top: str) -> dict[str, Any]:
    """What differs from the commit in the tracked files of the repository at `top`.

    Returns:
        `dirty`, and if so `diff` (its first 256 KiB, without secrets), `diff_bytes` and `diff_sha` of all of
        it (BLAKE2b-128); and `taken_at`. `dirty` is None when git is absent, fails, or takes longer than 5 s.
    """
    taken_at = datetime.now(timezone.utc).isoformat()
    diff = _read_diff(top)
    if diff is None:
        return {"dirty": None, "taken_at": taken_at}
    kept, size, sha = diff
    if size == 0:
        return {"dirty": False, "taken_at": taken_at}
    text = (
        Redactor(os.environ)
        .source(kept.decode("utf-8", "replace"))
        .replace("\0", "\N{REPLACEMENT CHARACTER}")
    )
    return {"dirty": True, "diff": text, "diff_bytes": size, "diff_sha": sha, "taken_at": taken_at}


def _read_diff(top: str) -> tuple[bytes, int, str] | None:
    """The diff's beginning, its size and its hash; it is never held whole."""
    try:
        process = subprocess.Popen(
            [*_DIFF, *_PLAIN],
            cwd=top,
            env={**os.environ, "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
    except OSError:  # no git, or the folder is gone
        return None
    limit = threading.Timer(TIME_LIMIT_S, process.kill)
    limit.start()
    digest, kept, size = hashlib.blake2b(digest_size=16), b"", 0
    with process:
        assert process.stdout is not None
        while data := process.stdout.read(_READ):
            digest.update(data)
            size += len(data)
            kept += data[: MAX_DIFF - len(kept)]
    limit.cancel()
    return (kept, size, digest.hexdigest()) if process.returncode == 0 else None
