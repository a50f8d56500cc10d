"""`/executions` is asked by many words; a value that makes none is refused with its name."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("origin", "hand"),
        ("status", "fine"),
        ("since", "yesterday"),
        ("until", "2026-11-21T08:00:00 01:00"),
        ("text", "x" * 300),
        ("limit", "0"),
    ],
)
async def test_a_bad_word_is_refused_with_its_name(ask, word: str, value: str) -> None:
    said = await ask("get", "/executions", **{word: value})
    assert (said.status, said.body["field"]) == (422, word)


async def test_every_word_is_understood(ask) -> None:
    words = {"origin": "job", "status": "ok", "since": "2026-11-21T08:00:00+01:00", "until": "1h"}
    more = {"text": "%", "session": "s", "cell": "c", "run": "r", "notebook": "n"}
    said = await ask("get", "/executions", **words, **more)
    assert (said.status, said.body) == (200, {"items": [], "next_cursor": None})
