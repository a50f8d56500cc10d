"""Servers as they stand in the world: two on one store, under a hub, behind a password, with a gateway."""

from __future__ import annotations

from pathlib import Path

import pytest
from jupyter_process import LOAD, TOKEN, JupyterProcess, Notebook, jupyter_process
from jupyter_server.auth import passwd
from waiting import wait_until

from jupyter_mlops.capture.ingester import Ingester

pytestmark = pytest.mark.slow
CELLS = {"a": "x = 1", "b": "print(x)", "c": "1 / 0"}


def run_cells(notebook: Notebook) -> None:
    tab = notebook.open_tab()
    for cell, code in CELLS.items():
        tab.run(code, cell)


def recorded(notebook: Notebook) -> list[tuple[str | None, str, str]]:
    """Its rows, once all its cells have ended."""

    def ended() -> bool:
        states = [status for _, status, _ in notebook.summary()]
        return len(states) >= len(CELLS) and not {"queued", "running"} & set(states)

    wait_until(ended, 30, "all cells are recorded")
    return notebook.summary()


def test_two_servers_on_one_store_record_each_cell_once(tmp_path: Path, bash_kernels: str) -> None:
    """Expected: of four notebooks, two with a recorder and two heard, each cell once, under its own root."""
    data_dir = tmp_path / "mlops-data"
    with (
        jupyter_process(tmp_path / "one", data_dir=data_dir, JUPYTER_PATH=bash_kernels) as one,
        jupyter_process(tmp_path / "other", data_dir=data_dir, JUPYTER_PATH=bash_kernels) as other,
    ):
        servers: tuple[JupyterProcess, ...] = (one, other)
        told = [server.open("same.ipynb") for server in servers]
        heard = [server.open("heard.ipynb", "bash") for server in servers]
        for notebook in told:
            notebook.open_tab().run(LOAD, silent=True)
        for notebook in heard:
            notebook.record()
        for notebook in told:
            run_cells(notebook)
        tabs = [notebook.open_tab() for notebook in heard]
        for tab in tabs:
            for cell in CELLS:
                tab.run(f"echo {cell}", cell)
        expected = [("a", "ok"), ("b", "ok"), ("c", "error")]
        for notebook in told:
            assert recorded(notebook) == [(cell, status, "recorder") for cell, status in expected]
            assert {row.root for row in notebook.rows()} == {str(notebook.server.root)}
        for notebook in heard:
            assert recorded(notebook) == [(cell, "ok", "listener") for cell in CELLS]
            page = notebook.server.call("GET", "/jupyter-mlops/api/executions?notebook=heard.ipynb")
            assert len(page["items"]) == len(CELLS)


def test_under_a_hub_and_behind_a_password_the_notebooks_own_name_is_recorded(tmp_path: Path) -> None:
    """Expected: the path by which the server knows the notebook, without asking any sessions API for it."""
    hub = {
        "JUPYTERHUB_USER": "ana",
        "JUPYTERHUB_SERVICE_PREFIX": "/user/ana/",
        "JUPYTERHUB_API_URL": "http://127.0.0.1:9/hub/api",
        "JUPYTERHUB_API_TOKEN": "a-token-of-the-hub",
    }
    arguments = (f"--PasswordIdentityProvider.hashed_password={passwd('a password')}",)
    with jupyter_process(tmp_path, base_url="/user/ana", arguments=arguments, **hub) as server:
        notebook = server.open("deep/train.ipynb")
        notebook.open_tab().run(LOAD, silent=True)
        notebook.open_tab().run("import os; print(os.environ['JUPYTERHUB_API_TOKEN'])", "token")
        run_cells(notebook)
        rows = wait_until(lambda: len(notebook.rows()) == 4 and notebook.rows(), 30, "the cells are recorded")
        assert {(row.root, row.notebook) for row in rows} == {(str(server.root), "deep/train.ipynb")}
        notebook.rename("deep/renamed.ipynb")
        wait_until(
            lambda: {row.notebook for row in notebook.rows()} == {"deep/renamed.ipynb"}, 20, "rows follow"
        )
        journals = b"".join(path.read_bytes() for path in server.settings.journals.glob("*.jsonl"))
        assert journals
        assert b"a-token-of-the-hub" not in journals


def test_a_kernel_behind_a_gateway_records_where_it_runs(tmp_path: Path) -> None:
    """Expected: its cells as without us and recorded by its own recorder, over there; the server in front
    says that it cannot hear it, and counts no failure."""
    with jupyter_process(tmp_path / "far", is_extended=False) as far:
        gateway = (f"--GatewayClient.url=http://{far.address}", f"--GatewayClient.auth_token={TOKEN}")
        with jupyter_process(tmp_path / "near", arguments=gateway) as near:
            notebook = near.open("remote.ipynb")
            assert notebook.record()["by"] == "none"
            assert "cannot be listened to" in notebook.recording()["reason"]
            tab = notebook.open_tab(protocol=None)  # all that a gateway speaks
            tab.run(LOAD, silent=True)
            shown = [tab.run(code, cell) for cell, code in CELLS.items()]
            assert [answer.printed["stdout"] for answer in shown] == ["", "1\n", ""]
            assert [answer.reply and answer.reply["status"] for answer in shown] == ["ok", "ok", "error"]
            assert notebook.rows() == []
            counts = near.call("GET", "/jupyter-mlops/api/status")["capture"]["listener"]
            assert counts == {"errors": 0, "dropped": 0, "lost": 0, "deaf": 1}
            Ingester(far.store).ingest_folder(far.settings.journals)
            rows = [(row.cell_id, row.status) for row in far.rows(notebook.kernel_id)]
            assert rows == [("a", "ok"), ("b", "ok"), ("c", "error")]
