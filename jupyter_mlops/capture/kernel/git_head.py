"""Which commit a folder stands on, read from git's files: no process is started."""

from __future__ import annotations

import os
import re
from pathlib import Path

_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")


def read_head(folder: str | os.PathLike[str]) -> dict[str, str] | None:
    """`commit`, `branch` (absent when detached) and `top` of the repository that a folder is in.

    None outside a repository, before its first commit, and where git's files cannot be read or understood
    (the `reftable` format is not).
    """
    try:
        top = _top(Path(folder))
        return None if top is None else _head(top)
    except (OSError, ValueError):
        return None


def _top(folder: Path) -> Path | None:
    here = folder.absolute()
    return next((place for place in (here, *here.parents) if (place / ".git").exists()), None)


def _head(top: Path) -> dict[str, str] | None:
    git = top / ".git"
    if git.is_file():  # a worktree or a submodule: its folder is elsewhere
        git = top / git.read_text().removeprefix("gitdir:").strip()
    head = (git / "HEAD").read_text().strip()
    if not head.startswith("ref:"):
        return {"commit": head, "top": str(top)} if _COMMIT.fullmatch(head) else None
    ref = head.removeprefix("ref:").strip()
    common = git / "commondir"
    shared = git / common.read_text().strip() if common.exists() else git
    commit = _commit(shared, ref)
    branch = ref.removeprefix("refs/heads/")
    return None if commit is None else {"commit": commit, "branch": branch, "top": str(top)}


def _commit(git: Path, ref: str) -> str | None:
    loose = git / ref
    if loose.is_file():
        commit = loose.read_text().strip()
        return commit if _COMMIT.fullmatch(commit) else None
    packed = git / "packed-refs"
    if packed.is_file():
        with packed.open() as lines:
            for line in lines:
                commit, _, name = line.strip().partition(" ")
                if name == ref and _COMMIT.fullmatch(commit):
                    return commit
    return None
