"""`/runs/{run_id}/events`: a run over HTTP, to one that reads on, comes back, or does not read at all."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
from rows import add_job, queue_run
from sqlalchemy import update
from waiting import until

from jupyter_mlops.config import Settings
from jupyter_mlops.ids import new_id
from jupyter_mlops.runs.live.journal import LiveJournal
from jupyter_mlops.server.handlers import run_events
from jupyter_mlops.server.handlers.run_events import RunEventsHandler
from jupyter_mlops.store import Store
from jupyter_mlops.store.tables import Run

Event = tuple[str, dict[str, Any], str | None]


class Watcher:
    """Someone at the other end of the stream."""

    def __init__(self, jp_fetch: Callable[..., Any], run_id: str, **headers: str) -> None:
        self.text = ""
        path = ("jupyter-mlops", "api", "runs", run_id, "events")
        self.request = asyncio.ensure_future(
            jp_fetch(*path, headers=headers, streaming_callback=self._take, request_timeout=60)
        )

    def _take(self, chunk: bytes) -> None:
        self.text += chunk.decode()

    @property
    def events(self) -> list[Event]:
        return [_event(block) for block in self.text.split("\n\n")[:-1] if not block.startswith(":")]

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [data for name, data, _ in self.events if name == kind]

    async def hears(self, kind: str, n: int = 1) -> list[dict[str, Any]]:
        async def heard() -> bool:
            return len(self.of(kind)) >= n

        await until(heard, 20, f"{n} {kind}")
        return self.of(kind)


def _event(block: str) -> Event:
    fields = dict(line.split(": ", 1) for line in block.split("\n"))
    return fields["event"], json.loads(fields["data"]), fields.get("id")


class RunningRun:
    """A run as its runner has it, told by this test."""

    def __init__(self, store: Store, root: Path) -> None:
        folder = root / "mlops-runs" / "job" / "run"
        folder.mkdir(parents=True)
        self.store = store
        self.job = add_job(store, root=str(root.resolve()))
        self.run = queue_run(store, self.job)
        self.output = folder / "nb.ipynb"
        self.set(state="running", attempt_id=new_id(), output_path=str(self.output))
        self.journal = LiveJournal(folder / "live.jsonl")

    @property
    def id(self) -> str:
        return self.run.id

    def set(self, **columns: Any) -> None:
        with self.store.session() as session:
            session.execute(update(Run).where(Run.id == self.id).values(**columns))

    def end(self) -> None:
        self.journal.close()
        self.set(state="succeeded", ended_at=datetime.now(timezone.utc))


@pytest.fixture
def running(jp_serverapp: Any, jp_root_dir: Path, settings: Settings) -> RunningRun:
    return RunningRun(settings.open_store(), jp_root_dir)


async def test_a_run_is_told_as_it_goes_on_until_its_end(running: RunningRun, jp_fetch: Any) -> None:
    watcher = Watcher(jp_fetch, running.id)
    assert (await watcher.hears("run"))[0]["state"] == "running"
    running.journal.append("cell_started", index=0, cell_id="a", line="fit()")
    running.journal.append("output", index=0, name="stdout", text="half way\n")
    assert (await watcher.hears("output"))[0]["text"] == "half way\n"
    running.set(cells_done=1)
    assert (await watcher.hears("run", 2))[1]["cells_done"] == 1
    running.end()
    response = await watcher.request
    assert response.headers["Content-Type"] == "text/event-stream"
    assert watcher.events[-1][0] == "end" and watcher.events[-1][1]["state"] == "succeeded"
    assert RunEventsHandler.watchers == 0


async def test_who_comes_back_hears_only_what_is_new(running: RunningRun, jp_fetch: Any) -> None:
    for n in range(3):
        running.journal.append("output", index=n, name="stdout", text=f"{n}\n")
    first = Watcher(jp_fetch, running.id)
    await first.hears("output", 3)
    (_, _, last_id) = first.events[2]
    again = Watcher(jp_fetch, running.id, **{"Last-Event-ID": str(last_id)})
    running.journal.append("output", index=3, name="stdout", text="3\n")
    await again.hears("output", 2)
    assert [data["text"] for data in again.of("output")] == ["2\n", "3\n"]
    running.end()
    await asyncio.gather(first.request, again.request)


async def test_a_run_that_has_ended_is_told_at_once(running: RunningRun, jp_fetch: Any) -> None:
    running.end()
    watcher = Watcher(jp_fetch, running.id, **{"Last-Event-ID": "what:is:this"})
    await watcher.request
    assert [name for name, _, _ in watcher.events] == ["run", "end"]


async def test_silence_is_broken_so_that_no_proxy_hangs_up(
    running: RunningRun, jp_fetch: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_events, "HEARTBEAT_S", 0.2)
    watcher = Watcher(jp_fetch, running.id)

    async def two_beats() -> bool:
        return watcher.text.count(": still here") >= 2

    await until(two_beats, 20, "two heartbeats")
    running.end()
    await watcher.request


async def test_more_watchers_than_the_bound_are_refused_and_the_others_stay(
    running: RunningRun, jp_fetch: Any, ask: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_events, "MAX_WATCHERS", 1)
    watcher = Watcher(jp_fetch, running.id)
    await watcher.hears("run")
    answer = await ask("get", f"/runs/{running.id}/events")
    assert (answer.status, answer.code) == (429, "too_many")
    running.end()
    await watcher.request


async def test_no_run_no_events(jp_serverapp: Any, ask: Any) -> None:
    answer = await ask("get", "/runs/none/events")
    assert (answer.status, answer.body["field"]) == (404, "run")


async def test_one_who_does_not_read_costs_no_memory(
    running: RunningRun,
    jp_serverapp: Any,
    http_server: Any,
    jp_http_port: int,
    jp_base_url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What a watcher has not taken stays in the file; after a while the watcher is let go."""
    monkeypatch.setattr(run_events, "READ_WITHIN_S", 1.0)
    token = jp_serverapp.identity_provider.token
    url = f"{jp_base_url}jupyter-mlops/api/runs/{running.id}/events"
    _reader, writer = await asyncio.open_connection("127.0.0.1", jp_http_port, limit=1)
    writer.transport.pause_reading()  # type: ignore[attr-defined]
    writer.write(f"GET {url} HTTP/1.1\r\nHost: localhost\r\nAuthorization: token {token}\r\n\r\n".encode())

    async def watched() -> bool:
        return RunEventsHandler.watchers == 1

    async def let_go() -> bool:
        for _ in range(10):
            running.journal.append("output", index=0, name="stdout", text="x" * 90_000)
        return RunEventsHandler.watchers == 0

    await until(watched, 20, "the watcher is there")
    await until(let_go, 40, "the watcher is let go")
    writer.close()
    running.end()
