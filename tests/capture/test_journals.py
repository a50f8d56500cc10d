from __future__ import annotations

import json
from datetime import datetime, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_mlops.capture.cell_identity import hash_source
from jupyter_mlops.capture.journals import BeginRecord, EndRecord, SessionRecord, parse_chunk

SESSION = {"v": 1, "ph": "S", "session_id": "s1", "start": 1_700_000_000_000_000_000, "python": "3.11.7"}
BEGIN = {
    "v": 1,
    "ph": "B",
    "exec_id": "e1",
    "parent_exec_id": None,
    "session_id": "s1",
    "seq": 1,
    "t0": 1_700_000_000_123_456_789,
    "cell_key": "c",
    "key_kind": "id",
    "source_sha": "ab",
    "source": "x",
}
END = {"v": 1, "ph": "E", "exec_id": "e1", "t1": 1_700_000_001_000_000_000, "duration_ns": 5, "status": "ok"}


def journal(*lines: dict[str, Any]) -> bytes:
    return b"".join(json.dumps(line).encode() + b"\n" for line in lines)


def test_a_session_a_begin_and_an_end_are_read() -> None:
    data = journal(SESSION, BEGIN, END)
    chunk = parse_chunk(data)
    session, begin, end = chunk.records
    assert isinstance(session, SessionRecord)
    assert isinstance(begin, BeginRecord)
    assert isinstance(end, EndRecord)
    assert chunk.size == len(data)
    assert chunk.corrupt_lines == 0
    assert session.facts == {"python": "3.11.7"}
    assert begin.started_at == datetime(2023, 11, 14, 22, 13, 20, 123456, tzinfo=timezone.utc)
    assert end.duration_s == 5e-9


@pytest.mark.parametrize(
    "damaged",
    [
        b"",
        b'{"ph": "B", "exec',
        b"\xff\xfe",
        b"[1, 2]",
        b"null",
        b'"text"',
        b"{}",
        b"[" * 100_000,
        json.dumps({**BEGIN, "t0": "noon"}).encode(),
        json.dumps({**BEGIN, "t0": 10**40}).encode(),
        json.dumps({**BEGIN, "key_kind": "guess"}).encode(),
        json.dumps({**BEGIN, "exec_id": "e" * 33}).encode(),
        json.dumps({**BEGIN, "exec_id": None}).encode(),
        json.dumps({**BEGIN, "source": 5}).encode(),
        json.dumps({**END, "status": ["ok"]}).encode(),
        json.dumps({**END, "error": "text"}).encode(),
        json.dumps({**END, "outputs": [{"mime": "a/b"}]}).encode(),
        json.dumps({name: value for name, value in BEGIN.items() if name[:6] != "source"}).encode(),
    ],
)
def test_a_damaged_line_is_counted_and_its_neighbours_are_read(damaged: bytes) -> None:
    data = journal(BEGIN) + damaged + b"\n" + journal(END)
    chunk = parse_chunk(data)
    assert [type(record) for record in chunk.records] == [BeginRecord, EndRecord]
    assert chunk.corrupt_lines == (1 if damaged else 0)
    assert chunk.size == len(data)


def test_the_hash_of_a_text_that_is_told_is_that_of_the_text_as_it_ran() -> None:
    text = "x = '\udc80 \0'"
    told = {name: value for name, value in BEGIN.items() if name != "source_sha"}
    (record,) = parse_chunk(journal({**told, "source": text})).records
    assert isinstance(record, BeginRecord)
    assert record.source_sha == hash_source(text)
    assert record.source == "x = '? \N{REPLACEMENT CHARACTER}'"


def test_lines_of_a_newer_recorder_and_of_nested_run_cells_are_passed_over() -> None:
    nested = {**BEGIN, "exec_id": "e2", "parent_exec_id": "e1"}
    chunk = parse_chunk(journal({"v": 2, "ph": "Z"}, {**BEGIN, "new_fact": 1}, nested))
    assert [type(record) for record in chunk.records] == [BeginRecord]
    assert chunk.corrupt_lines == 0


def test_text_that_no_database_takes_is_made_fit() -> None:
    (begin,) = parse_chunk(journal({**BEGIN, "source": "a\0b\ud800c"})).records
    assert isinstance(begin, BeginRecord)
    assert begin.source == "a\N{REPLACEMENT CHARACTER}b?c"


@given(cut=st.integers(0, 10_000))
def test_wherever_a_journal_is_torn_reading_on_loses_and_repeats_nothing(cut: int) -> None:
    data = journal(SESSION, BEGIN, END)
    cut %= len(data) + 1
    first = parse_chunk(data[:cut])
    second = parse_chunk(data[first.size :])
    assert first.records + second.records == parse_chunk(data).records
    assert first.corrupt_lines == second.corrupt_lines == 0


@given(st.binary(max_size=300))
def test_no_bytes_break_the_parser(data: bytes) -> None:
    assert parse_chunk(data).size <= len(data)
