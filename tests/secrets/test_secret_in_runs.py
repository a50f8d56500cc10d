"""A real worker and kernel: a run uses its secrets, and their values are nowhere afterwards."""

from __future__ import annotations

import hashlib
import json
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from notebook_files import notebook_writer
from sqlalchemy import select
from workbench import Workbench, make_workbench

from jupyter_mlops.capture.redaction import REDACTED
from jupyter_mlops.jobs.views import run_as_dict
from jupyter_mlops.runs.live.journal import FILE_NAME
from jupyter_mlops.runs.resume.submission import resume_run
from jupyter_mlops.secrets.keeping import VARIABLE_PREFIX, Secrets
from jupyter_mlops.store.executions import records_of_run
from jupyter_mlops.store.tables import Attempt, Base

CORE = "S3same-0f-the-Kernel"  # no spelling changes it
PASSWORD = f"pä\"ss 'w' <b> {CORE} & ${{x}} \\ %20"
KEY = f"-----BEGIN KEY-----\nMIIE{CORE}AAKCAQEA\nline-2-{CORE}\n-----END KEY-----"
OF_WORKER = f"of-the-worker-{CORE}"
ENVIRONMENT = {
    "DB_HOST": "db.example.org",
    "DB_LOGIN": "secret://db-password",
    "KEY": "secret://deploy.key",
    "THIRD": "secret://third",
}
USE = """
import hashlib, json, os, subprocess, sys
login, key, third = os.environ["DB_LOGIN"], os.environ["KEY"], os.environ["THIRD"]
inherited = [name for name in os.environ if name.startswith("JUPYTER_MLOPS_SECRET_")]
sums = [hashlib.sha256(one.encode()).hexdigest() for one in (login, key, third)]
open("used.json", "w").write(json.dumps([*sums, os.environ["DB_HOST"], inherited]))
"""
SAY = """
print(login, key, third, [login, key], json.dumps(login), sep="\\n")
print(login, file=sys.stderr)
for letter in login:
    print(letter, end="", flush=True)
print(login[:9], end="", flush=True)
print("between", file=sys.stderr, flush=True)
print(login[9:])
subprocess.run([sys.executable, "-c", "import os; print(os.environ['DB_LOGIN'], os.environ['KEY'])"])
os.system("printenv THIRD; printenv THIRD >&2")
"""
SHOW = """
import html, logging
import ipywidgets
from IPython.display import HTML, JSON, display
display(HTML(html.escape(login)), {"text/plain": key, "text/html": login})
display({"application/json": {login: [key]}}, raw=True)
shown = display(login, display_id="it")
shown.update(key)
display(ipywidgets.Text(value=login))
logging.getLogger().error("no login with %s", login)
login, key.encode()
"""
FAIL = "raise ValueError(f'no login as {login} with {key.splitlines()[1]}')"


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory, mlflow_template: Path) -> Iterator[Workbench]:
    """A workbench with three secrets, one of them a variable of the worker's; live files are kept."""
    own = {"JUPYTER_MLOPS_KEEP_LIVE": "1", f"{VARIABLE_PREFIX}THIRD": OF_WORKER}
    os.environ.update(own)
    try:
        with make_workbench(tmp_path_factory.mktemp("secrets"), notebook_writer, mlflow_template) as bench:
            secrets = Secrets(bench.settings)
            secrets.keep("db-password", PASSWORD)
            secrets.keep("deploy.key", KEY)
            yield bench
    finally:
        for name in own:
            del os.environ[name]


def files_with_the_value(bench: Workbench) -> list[str]:
    kept = bench.settings.data_dir / "secrets"
    return [
        str(path)
        for folder in (bench.root, bench.settings.data_dir)
        for path in folder.rglob("*")
        if stat.S_ISREG(path.lstat().st_mode) and kept not in path.parents
        if CORE.encode() in path.read_bytes()
    ]


def rows_with_the_value(bench: Workbench) -> list[str]:
    with bench.store.reading() as session:
        return [
            table.name
            for table in Base.metadata.sorted_tables
            if any(CORE in str(tuple(row)) for row in session.execute(select(table)))
        ]


@pytest.mark.slow
def test_a_run_uses_its_secrets_and_their_values_are_nowhere(bench: Workbench) -> None:
    bench.write("uses.ipynb", USE, SAY, SHOW)
    run = bench.run("uses.ipynb", environment=ENVIRONMENT, policies={"preflight": "off"})
    assert run.state == "succeeded", run.message

    *sums, host, inherited = json.loads((bench.root / "used.json").read_text())
    assert sums == [hashlib.sha256(one.encode()).hexdigest() for one in (PASSWORD, KEY, OF_WORKER)]
    assert (host, inherited) == ("db.example.org", [])

    assert run_as_dict(run)["environment"] == ENVIRONMENT
    executed = bench.executed(run)
    assert "".join(output.get("text", "") for output in executed.cells[1].outputs).count(REDACTED) >= 9
    assert "widgets" in executed.metadata, "the widget's state was kept, without the value"
    live = Path(run.output_path or "").parent / FILE_NAME
    assert "redacted" in live.read_text("utf-8")
    with bench.store.reading() as session:
        assert len(records_of_run(session, run.id)) == 3
    assert files_with_the_value(bench) == []
    assert rows_with_the_value(bench) == []


@pytest.mark.slow
def test_an_error_that_quotes_a_secret_is_told_without_it(bench: Workbench) -> None:
    bench.write("fails.ipynb", USE, FAIL)
    run = bench.run("fails.ipynb", environment=ENVIRONMENT)
    assert (run.state, run.reason) == ("failed", "error")
    assert run.message == f"Cell [2] raised ValueError: no login as {REDACTED} with {REDACTED}."
    with bench.store.reading() as session:
        last = records_of_run(session, run.id)[-1]
    assert last["error_message"] == f"no login as {REDACTED} with {REDACTED}"
    assert files_with_the_value(bench) == []
    assert rows_with_the_value(bench) == []


@pytest.mark.slow
def test_a_run_whose_secret_is_missing_never_starts_a_kernel_and_is_not_tried_again(bench: Workbench) -> None:
    bench.write("lacks.ipynb", "open('it-ran', 'w')")
    policies = {"max_attempts": 3, "retry_delay_s": 0}
    run = bench.run("lacks.ipynb", environment={"A": "secret://of-nobody"}, policies=policies)
    assert (run.state, run.reason, run.mlflow_run_id) == ("failed", "secret_missing", None)
    assert "'of-nobody'" in str(run.message) and "secrets set of-nobody" in str(run.message)
    assert not (bench.root / "it-ran").exists()
    with bench.store.reading() as session:
        assert len(session.scalars(select(Attempt).where(Attempt.run_id == run.id)).all()) == 1


@pytest.mark.slow
def test_a_resumed_run_says_no_more_of_them_than_the_one_that_failed(bench: Workbench) -> None:
    bench.write("resumes.ipynb", USE, FAIL)
    failed = bench.run("resumes.ipynb", environment=ENVIRONMENT, policies={"keep_kernel_s": 300})
    assert failed.reason == "error"
    bench.write("resumes.ipynb", USE, "print(login, third)")
    resumed = bench.ended(resume_run(bench.jobs, failed.id))
    assert (resumed.state, resumed.environment) == ("succeeded", ENVIRONMENT), resumed.message
    assert bench.executed(resumed).cells[1].outputs[0].text == f"{REDACTED} {REDACTED}\n"
    assert files_with_the_value(bench) == []
    assert rows_with_the_value(bench) == []
