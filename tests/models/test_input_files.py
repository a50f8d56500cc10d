"""Which files that a notebook read may be the data that its model was made of."""

from __future__ import annotations

import pytest

from jupyter_mlops.models.provenance import _may_be_data


@pytest.mark.parametrize(
    "path", ["/home/ada/work/train.csv", "/data/kernel.json", "/home/ada/.cache/huggingface/part-0.arrow"]
)
def test_what_may_be_data_is_kept(path: str) -> None:
    assert _may_be_data(path)


@pytest.mark.parametrize(
    "path",
    [
        "/home/ada/.cache/matplotlib/fontlist-v390.json",
        "/home/ada/.local/share/jupyter/runtime/jpserver-812.json",
        "/home/ada/.local/share/jupyter/runtime/kernel-5b7c.json",
        "/home/ada/.config/settings.json",
        "/home/ada/worktree/.git",
        "/usr/share/zoneinfo/UTC",
        "/home/ada/work/features.py",
    ],
)
def test_what_programs_keep_for_themselves_is_none(path: str) -> None:
    assert not _may_be_data(path)
