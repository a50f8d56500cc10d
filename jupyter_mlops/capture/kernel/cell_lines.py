"""The two lines of a cell execution, as they stand in the journal. Standard library only.

They are put together by hand: their fields are known, and building a dictionary and encoding it was among the
dearest steps of the hooks. Ids, names of states and numbers need no escapes; every other text is encoded.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from jupyter_mlops.capture.kernel.journal_writer import encode_text, to_line

if TYPE_CHECKING:
    from jupyter_mlops.capture.kernel.frame import Frame

VERSION = 1


def session_part(session_id: str, path: str | None) -> str:
    """What is alike in a session's begin lines, until its notebook is known by another path."""
    return f'"session_id":"{session_id}","pid":{os.getpid()},"notebook_path":{to_line(path)}'


def begin_line(frame: Frame, session: str, seq: int, count: int | None, *, with_text: bool) -> str:
    """What is known before the code runs.

    Args:
        frame: the execution.
        session: its `session_part`.
        seq: its place in the session.
        count: the number beside the cell.
        with_text: whether its text is told, as it is news; else the text's hash is, which takes longer.
    """
    parent = f'"{frame.parent_id}"' if frame.parent_id else "null"
    msg_id = encode_text(frame.msg_id) if frame.msg_id else "null"
    cell_id = encode_text(frame.cell_id) if frame.cell_id else "null"
    if frame.cell_id and not frame.tags:
        key_kind, key = "id", cell_id
    else:
        key_kind, key = frame.cell_key
        key = encode_text(key)
    source = f'"source":{encode_text(frame.text)}' if with_text else f'"source_sha":"{frame.source_sha}"'
    return (
        f'{{"v":{VERSION},"ph":"B","exec_id":"{frame.exec_id}","parent_exec_id":{parent},{session},'
        f'"seq":{seq},"thread":{frame.thread},"msg_id":{msg_id},"cell_id":{cell_id},'
        f'"cell_key":{key},"key_kind":"{key_kind}",'
        f'"tags":{to_line(frame.tags) if frame.tags else "[]"},'
        f'"execution_count":{"null" if count is None else count},'
        f'"store_history":{"true" if frame.counted else "false"},'
        f'"t0":{frame.t0},"m0":{frame.m0},{source}}}'
    )


def end_line(
    frame: Frame, status: str, count: int | None, t1: int, m1: int, outputs: str, hook_ns: int, more: str
) -> str:
    """What is known after the code ran.

    Args:
        frame: the execution.
        status: how it ended.
        count: the number beside the cell.
        t1: the end by the wall clock.
        m1: the end by the monotonic one.
        outputs: what it showed, in JSON.
        hook_ns: what recording took.
        more: the members that few cells have, in JSON; empty, or beginning with a comma.
    """
    parent = f'"{frame.parent_id}"' if frame.parent_id else "null"
    rss, peak = frame.rss_bytes, frame.memory_peak_bytes
    tally = frame.tally
    return (
        f'{{"v":{VERSION},"ph":"E","exec_id":"{frame.exec_id}","parent_exec_id":{parent},'
        f'"t1":{t1},"m1":{m1},"duration_ns":{m1 - frame.m0},'
        f'"execution_count":{"null" if count is None else count},"status":"{status}",'
        f'"error":{to_line(frame.error) if frame.error else "null"},'
        f'"stdout_bytes":{tally.printed["stdout"]},"stderr_bytes":{tally.printed["stderr"]},'
        f'"outputs":{outputs},'
        f'"cpu_s":{"null" if frame.cpu_s is None else f"{frame.cpu_s:.6f}"},'
        f'"rss_bytes":{"null" if rss is None else rss},'
        f'"memory_peak_bytes":{"null" if peak is None else peak},"hook_ns":{hook_ns}{more}}}'
    )
