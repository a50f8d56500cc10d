"""`/preflight` and `/runs/{id}/resume` over HTTP: answers and refusals as the OpenAPI file has them."""

from __future__ import annotations

from typing import Any

from notebook_files import WriteNotebook
from rows import add_job, queue_run

from jupyter_mlops.config import Settings


async def test_findings_are_answered_and_nothing_is_stored(ask: Any, write: WriteNotebook) -> None:
    write("lost.ipynb", "open('no-such-file.txt')")
    answer = await ask("post", "/preflight", {"notebook": "lost.ipynb"})
    assert answer.status == 200
    assert [(found["code"], found["certain"]) for found in answer.body["findings"]] == [("file", True)]
    assert (await ask("get", "/runs")).body["items"] == []


async def test_what_cannot_be_looked_at_is_refused(ask: Any, write: WriteNotebook) -> None:
    assert (await ask("post", "/preflight", {"notebook": "none.ipynb"})).status == 404
    write("plain.ipynb", "1", parameters="C = 1")
    wrong = await ask("post", "/preflight", {"notebook": "plain.ipynb", "parameters": {"D": 1}})
    assert (wrong.status, wrong.body["field"]) == (422, "parameters.D")
    kernel = await ask("post", "/preflight", {"notebook": "plain.ipynb", "kernel": "nosuch"})
    assert [(found["code"], found["certain"]) for found in kernel.body["findings"]] == [("kernel", True)]


async def test_a_run_without_a_kept_kernel_is_not_resumed(
    ask: Any, jp_root_dir: Any, settings: Settings
) -> None:
    store = settings.open_store()
    job = add_job(store, root=str(jp_root_dir.resolve()))
    queued = queue_run(store, job)
    answer = await ask("post", f"/runs/{queued.id}/resume", {})
    assert (answer.status, answer.code) == (409, "conflict")
    failed = queue_run(
        store,
        job,
        state="failed",
        reason="error",
        failed_cell={
            "index": 0,
            "cell_id": "a",
            "source": "1",
            "execution_count": 1,
            "error_name": "E",
            "error_message": "no",
        },
    )
    answer = await ask("post", f"/runs/{failed.id}/resume", {})
    assert (answer.status, answer.code) == (409, "kernel_gone")
    assert "again" in answer.body["hint"]
    assert (await ask("post", "/runs/none/resume", {})).status == 404
    store.close()
