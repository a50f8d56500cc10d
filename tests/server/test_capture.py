"""A kernel that the server started: its cells are recorded under the notebook's true path."""

from __future__ import annotations

import json
import os
import signal

from jupyter_client.session import Session
from kernel_cells import Cells, start_session
from notebook_files import WriteNotebook
from waiting import until


async def test_cells_are_listed_under_the_notebooks_path_also_after_a_rename(
    ask, jp_fetch, jp_ws_fetch, write: WriteNotebook
) -> None:
    path = write("before.ipynb", "1")
    session = await start_session(jp_fetch, "before.ipynb")
    kernel = session["kernel"]["id"]
    socket = await jp_ws_fetch("api", "kernels", kernel, "channels")
    cells = Cells(socket)
    await cells.execute("%load_ext jupyter_mlops", "load")
    await cells.execute("x = 1\nprint(x)", "first")

    async def listed(notebook: str) -> list[str]:
        items = (await ask("get", "/executions", notebook=notebook)).body["items"]
        return [cell["cell_id"] for cell in items if cell["status"] == "ok"]

    async def first_is_listed() -> bool:
        return "first" in await listed("before.ipynb")

    await until(first_is_listed, 20, "the cell is listed")

    path.rename(path.with_name("after.ipynb"))
    body = json.dumps({"path": "after.ipynb", "name": "after.ipynb", "type": "notebook"})
    await jp_fetch("api", "sessions", session["id"], method="PATCH", body=body)

    async def moved() -> bool:
        return "first" in await listed("after.ipynb") and not await listed("before.ipynb")

    await until(moved, 10, "what was recorded follows the rename, before anything else runs")
    await cells.execute("2", "second")

    async def second_is_listed() -> bool:
        return (await listed("after.ipynb"))[:1] == ["second"]

    await until(second_is_listed, 20, "a cell after the rename is listed under the new path")
    socket.close()
    await jp_fetch("api", "sessions", session["id"], method="DELETE")


async def test_a_cell_whose_kernel_was_killed_does_not_stay_running(
    ask, jp_fetch, jp_ws_fetch, write: WriteNotebook, tmp_path
) -> None:
    write("dies.ipynb", "1")
    session = await start_session(jp_fetch, "dies.ipynb")
    socket = await jp_ws_fetch("api", "kernels", session["kernel"]["id"], "channels")
    cells = Cells(socket)
    await cells.execute("%load_ext jupyter_mlops", "load")
    pid = tmp_path / "pid"
    code = f"import os, time; open({str(pid)!r}, 'w').write(str(os.getpid())); time.sleep(60)"
    content = {"code": code, "silent": False}
    message = Session().msg("execute_request", content, metadata={"cellId": "killed"})
    await socket.write_message(json.dumps({**message, "channel": "shell"}, default=str))

    async def statuses() -> list[str]:
        items = (await ask("get", "/executions", notebook="dies.ipynb", cell="killed")).body["items"]
        return [cell["status"] for cell in items]

    async def running() -> bool:
        return await statuses() == ["running"]

    async def died() -> bool:
        return await statuses() == ["kernel_died"]

    await until(running, 20, "the cell is listed while it runs")
    os.kill(int(pid.read_text()), signal.SIGKILL)
    await until(died, 20, "the cell is known to have died with its kernel")
    socket.close()
    await jp_fetch("api", "sessions", session["id"], method="DELETE")


async def test_kernels_of_this_server_are_given_its_tracking_uri(
    jp_fetch, jp_ws_fetch, write: WriteNotebook, settings, tmp_path
) -> None:
    write("env.ipynb", "1")
    session = await start_session(jp_fetch, "env.ipynb")
    socket = await jp_ws_fetch("api", "kernels", session["kernel"]["id"], "channels")
    out = tmp_path / "uri"
    await Cells(socket).execute(
        f"import os; open({str(out)!r}, 'w').write(os.environ['MLFLOW_TRACKING_URI'])", "a"
    )
    assert out.read_text() == settings.tracking_uri
    socket.close()
    await jp_fetch("api", "sessions", session["id"], method="DELETE")
