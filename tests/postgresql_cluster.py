"""A throwaway PostgreSQL cluster: private socket, no network, no durability, another time zone than UTC."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import psycopg

BINARIES = sorted(Path("/usr/lib/postgresql").glob("*/bin"))


@contextmanager
def running_cluster() -> Iterator[Path]:
    """Start a cluster; gives the folder of its socket."""
    folder = Path(tempfile.mkdtemp(prefix="pg", dir="/tmp"))  # a socket's path is at most 107 bytes long
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres")
    try:
        _run("initdb", "-D", folder / "data", "-A", "trust", "-U", "postgres", "--no-sync", cwd=folder)
        options = (
            f"-k {folder} -c listen_addresses='' -c fsync=off -c max_connections=200 "
            "-c timezone=America/New_York"
        )
        control = ["pg_ctl", "-D", folder / "data", "-w", "-l", folder / "log"]
        _run(*control, "-o", options, "start", cwd=folder)
        try:
            yield folder
        finally:
            _run(*control, "-m", "immediate", "stop", cwd=folder)
    finally:
        subprocess.Popen(["rm", "-rf", folder], start_new_session=True)  # gigabytes: nobody waits for it


def new_database(socket_folder: Path, template: str = "template1") -> str:
    """The address of a new database of the cluster."""
    name = f"mlops_{uuid4().hex}"
    with psycopg.connect(
        f"host={socket_folder} user=postgres dbname=postgres", autocommit=True
    ) as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    return f"postgresql+psycopg://postgres@/{name}?host={socket_folder}"


def _run(program: str, *arguments: str | Path, cwd: Path) -> None:
    as_postgres = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    command = [*as_postgres, str(BINARIES[-1] / program), *map(str, arguments)]
    # It outlives the test that needs it first: were that one's data folder in it, it would end with the test.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("JUPYTER_")}
    done = subprocess.run(
        command,
        cwd=cwd,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    assert done.returncode == 0, done.stdout.decode()
