"""A failed run's kept kernel among the server's own: worked in as JupyterLab does, and never ended by it."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from kernel_cells import Cells, start_session
from notebook_files import WriteNotebook
from waiting import until, wait_until

from jupyter_mlops.config import Settings
from jupyter_mlops.runs.resume.keeper import clear_up
from jupyter_mlops.runs.resume.records import KeptKernel, KeptKernels

RUN_WITHIN_S = 150
BUSY = """
import time
try:
    open({mark!r}, "w").close()
    while True:
        time.sleep(0.01)
except KeyboardInterrupt:
    pass
"""


async def failed_run(ask: Any, write: WriteNotebook) -> str:
    write("train.ipynb", "made = 41", "print(undefined_name)", "print(made)")
    policies = {"keep_kernel_s": 300}
    run_id = str((await ask("post", "/runs", {"notebook": "train.ipynb", "policies": policies})).body["id"])
    return (await ended(ask, run_id, "failed"))["id"]


async def ended(ask: Any, run_id: str, state: str) -> dict[str, Any]:
    async def final() -> dict[str, Any] | None:
        run = (await ask("get", f"/runs/{run_id}")).body
        return run if run["ended_at"] else None

    run = await until(final, RUN_WITHIN_S, f"run {run_id} ends")
    assert run["state"] == state, run["message"]
    return run


def kept_kernel(settings: Settings, run_id: str) -> KeptKernel:
    kept = KeptKernels(settings).of_run(run_id)
    assert kept is not None
    return kept


async def kernel_ids(jp_fetch: Any) -> list[str]:
    return [kernel["id"] for kernel in json.loads((await jp_fetch("api", "kernels")).body)]


@pytest.mark.slow
async def test_one_works_in_it_and_then_resumes_in_it(
    ask: Any, write: WriteNotebook, settings: Settings, jp_fetch: Any, jp_ws_fetch: Any
) -> None:
    run_id = await failed_run(ask, write)
    kept = kept_kernel(settings, run_id)

    opened = await ask("post", f"/runs/{run_id}/kernel", {})
    assert (opened.status, opened.body["until"]) == (201, kept.expires_at)
    kernel_id = opened.body["kernel_id"]
    again = await ask("post", f"/runs/{run_id}/kernel", {})
    assert again.body["kernel_id"] == kernel_id, "it is the same kernel, however often it is opened"
    session = await start_session(jp_fetch, "train-failed.ipynb", {"id": kernel_id})
    assert session["kernel"]["id"] == kernel_id

    socket = await jp_ws_fetch("api", "kernels", kernel_id, "channels")
    await Cells(socket).execute(f"import os; assert (made, os.getpid()) == (41, {kept.kernel.pid})", "a")
    with pytest.raises(Exception, match="500"):
        await jp_fetch("api", "kernels", kernel_id, "restart", method="POST", body="")
    assert kept.is_alive, "to restart it is refused"

    write("train.ipynb", "made = 41", "print('mended')", "print(made)")
    resumed = (await ask("post", f"/runs/{run_id}/resume", {})).body
    assert resumed["cause"] == {"kind": "resume", "run_id": run_id, "worked_in": True}
    await ended(ask, resumed["id"], "succeeded")

    async def has_left() -> bool:
        return kernel_id not in await kernel_ids(jp_fetch)

    await until(has_left, 30, "the kernel leaves the server with its end")
    socket.close()
    refused = await ask("post", f"/runs/{run_id}/kernel", {})
    assert (refused.status, refused.code) == (409, "kernel_gone")


@pytest.mark.slow
async def test_it_is_interrupted_and_outlives_its_session(
    ask: Any, write: WriteNotebook, settings: Settings, jp_fetch: Any, jp_ws_fetch: Any, tmp_path: Path
) -> None:
    run_id = await failed_run(ask, write)
    kept = kept_kernel(settings, run_id)
    kernel_id = (await ask("post", f"/runs/{run_id}/kernel", {})).body["kernel_id"]
    socket = await jp_ws_fetch("api", "kernels", kernel_id, "channels")
    mark = tmp_path / "busy"
    cell = asyncio.ensure_future(Cells(socket).execute(BUSY.format(mark=str(mark)), "a"))

    async def is_busy() -> bool:
        return mark.exists()

    await until(is_busy, 30, "the cell runs")
    await jp_fetch("api", "kernels", kernel_id, "interrupt", method="POST", body="")
    await asyncio.wait_for(cell, 30)
    socket.close()

    await jp_fetch("api", "kernels", kernel_id, method="DELETE")
    assert kernel_id not in await kernel_ids(jp_fetch)
    assert kept.is_alive, "the server has let go of it, not ended it"

    assert (await ask("post", f"/runs/{run_id}/kernel", {})).body["kernel_id"] == kernel_id
    KeptKernels(settings).forget(kept.attempt_id)
    wait_until(lambda: not kept.kernel.is_alive, 30, "its runner ends it")

    async def has_left() -> bool:
        return kernel_id not in await kernel_ids(jp_fetch)

    await until(has_left, 30, "the server sees that it is gone")
    clear_up(settings, lambda _run_id: None)
