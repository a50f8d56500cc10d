"""Preflight: what is sure to fail is told as sure, what may fail as that, and nothing of the user is run."""

from __future__ import annotations

import csv
import importlib.util
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from nbformat.v4 import new_code_cell, new_notebook
from rows import add_job, queue_run

from jupyter_mlops.config import Settings
from jupyter_mlops.jobs.policies import Policies
from jupyter_mlops.jobs.preflight import check
from jupyter_mlops.jobs.preflight.check import Flight, preflight
from jupyter_mlops.jobs.preflight.findings import Finding, PreflightError, certain
from jupyter_mlops.jobs.preflight.imports import ModuleFinder, interpreter_of
from jupyter_mlops.jobs.preflight.runs import keep_findings, preflight_before_start
from jupyter_mlops.notebooks.read import read_notebook

PYTHON = {"name": "python3", "display_name": "Python 3", "language": "python"}
Look = Callable[..., list[Finding]]


@pytest.fixture
def look(tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Look:
    """The findings of a notebook of these cells, in this folder."""
    monkeypatch.setattr(check, "WITHIN_S", 60.0)  # a busy machine's interpreter starts slowly

    def of(*sources: str, tags: tuple[str, ...] = (), **kernelspec: str) -> list[Finding]:
        cells = [new_code_cell(source, id=f"cell-{n}") for n, source in enumerate(sources)]
        cells[-1].metadata["tags"] = list(tags)
        node = new_notebook(cells=cells, metadata={"kernelspec": {**PYTHON, **kernelspec}})
        import nbformat

        notebook = read_notebook(nbformat.writes(node).encode())
        return preflight(Flight(notebook, tmp_path, tmp_path), settings)

    return of


def told(findings: list[Finding]) -> list[tuple[str, str | None, bool]]:
    return [(finding.code, finding.subject, finding.certain) for finding in findings]


def test_a_missing_module_is_told_with_its_cell_and_how_to_get_it(look: Look) -> None:
    (found,) = look("import json\nimport numpy as np", "import no_such_module_xyz.part as part")
    assert (found.code, found.subject, found.certain) == ("import", "no_such_module_xyz", True)
    assert (found.cell_index, found.cell_id) == (1, "cell-1")
    assert "cell 2" in found.message and found.hint is not None and "no_such_module_xyz" in found.hint


@pytest.mark.parametrize(
    "sources",
    [
        ("try:\n    import no_such_xyz\nexcept ImportError:\n    no_such_xyz = None",),
        ("if False:\n    import no_such_xyz",),
        ("def later():\n    import no_such_xyz",),
        ("import contextlib\nwith contextlib.suppress(ImportError):\n    import no_such_xyz",),
        ("!pip install no_such_xyz", "import no_such_xyz"),
        ("%pip install no_such_xyz\nimport no_such_xyz",),
        ("%%writefile no_such_xyz.py\nx = 1", "import no_such_xyz"),
        ("open('no_such_xyz.py', 'w').write('x = 1')", "import no_such_xyz"),
        ("import sys\nsys.path.append('../lib')", "import no_such_xyz"),
        ("get_ipython().system('pip install x')", "import no_such_xyz"),
        ("exit()", "import no_such_xyz"),
        ("this is no python at all", "import no_such_xyz"),
    ],
)
def test_a_module_that_may_not_be_needed_or_may_be_there_by_then_is_only_warned_of(
    look: Look, sources: tuple[str, ...]
) -> None:
    assert told(look(*sources)) == [("import", "no_such_xyz", False)]


def test_a_cell_that_may_raise_refuses_nothing(look: Look) -> None:
    assert told(look("import no_such_xyz", tags=("raises-exception",))) == [("import", "no_such_xyz", False)]


@pytest.mark.parametrize(
    "source",
    ["%%bash\nimport no_such_xyz", "from . import no_such_xyz", "%%html\n<b>import</b>"],
)
def test_what_is_no_import_of_a_module_is_not_told(look: Look, source: str) -> None:
    assert look(source) == []


def test_modules_beside_the_notebook_are_found_and_none_is_run(look: Look, tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    for name in ("beside", "json", "importlib"):  # names that the probe itself needs among them
        (tmp_path / f"{name}.py").write_text(f"open({str(ran)!r}, 'w')")
    assert look("import beside, numpy") == []
    assert not ran.exists()


def test_a_module_beside_the_notebook_may_change_where_others_are_found(look: Look, tmp_path: Path) -> None:
    (tmp_path / "setup_paths.py").write_text("import sys; sys.path.append('elsewhere')")
    assert told(look("import setup_paths\nimport no_such_xyz")) == [("import", "no_such_xyz", False)]


@pytest.mark.parametrize(
    "source",
    [
        "import pandas as pd\ndf = pd.read_csv('data/no.csv', sep=';')",
        "text = open('data/no.csv').read()",
        "with open('data/no.csv', 'rb') as file:\n    data = file.read()",
        "from pathlib import Path\ntext = Path('data/no.csv').read_text()",
        "import numpy as np\na = np.loadtxt('data/no.csv')",
    ],
)
def test_a_file_that_is_not_there_is_told(look: Look, tmp_path: Path, source: str) -> None:
    (found,) = look(source)
    assert (found.code, found.subject, found.certain) == ("file", "data/no.csv", True)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "no.csv").write_text("1")
    assert look(source) == []


@pytest.mark.parametrize(
    "sources",
    [
        ("open('made.txt', 'w').write('x')", "open('made.txt').read()"),
        ("!wget http://example.org/made.txt", "open('made.txt')"),
        ("import urllib.request\nurllib.request.urlretrieve(url, name)", "open('made.txt')"),
        ("from mine import get_data\nget_data()", "open('made.txt')"),
        ("df.to_csv(path)", "import pandas as pd; pd.read_csv('made.txt')"),
        ("try:\n    open('made.txt')\nexcept OSError:\n    pass",),
        ("if x:\n    open('made.txt')",),
        ("import os\nos.chdir('..')", "open('made.txt')"),
    ],
)
def test_a_file_that_may_come_or_not_be_needed_is_only_warned_of(
    look: Look, sources: tuple[str, ...]
) -> None:
    assert ("file", "made.txt", False) in told(look(*sources))


@pytest.mark.parametrize(
    "source",
    [
        "open('new.txt', 'w')",
        "open('new.txt', mode='a+')",
        "open(name)",
        "import pandas as pd; pd.read_csv('https://example.org/a.csv')",
        "import pandas as pd; pd.read_json('[1, 2]')",
        "import pandas as pd; pd.read_parquet('parts/*.parquet')",
        "import pandas as pd; pd.read_csv(f'{folder}/a.csv')",
    ],
)
def test_what_needs_no_local_file_is_not_told(look: Look, source: str) -> None:
    assert look(source) == []


def test_a_kernel_that_is_not_there_is_told(look: Look) -> None:
    (found,) = look("1", name="nosuch", language="cobol")
    assert found.code == "kernel" and found.certain


def test_a_tracking_server_that_does_not_answer_is_told(
    look: Look, settings: Settings, tmp_path: Path
) -> None:
    gone = Settings.load(
        {"JUPYTER_MLOPS_DATA_DIR": str(tmp_path), "MLFLOW_TRACKING_URI": "http://127.0.0.1:9"}
    )
    notebook = read_notebook(b'{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}')
    found = preflight(Flight(notebook, tmp_path, tmp_path), gone)
    assert ("tracking", None, True) in told(found)


def test_a_disk_that_is_nearly_full_is_told(look: Look, monkeypatch: pytest.MonkeyPatch) -> None:
    free = os.statvfs("/").f_frsize * os.statvfs("/").f_bavail
    monkeypatch.setattr(check, "SCARCE_BYTES", free * 1000)
    assert [code for code, _, certain in told(look("1")) if not certain] == ["disk"]
    monkeypatch.setattr(check, "FULL_BYTES", free * 1000)
    assert [code for code, _, certain in told(look("1")) if certain] == ["disk"]


def test_an_interpreter_that_does_not_answer_costs_no_more_than_the_bound(
    tmp_path: Path, look: Look, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = tmp_path / "python-slow"
    slow.write_text(f"#!{sys.executable}\nimport time; time.sleep(60)")
    slow.chmod(0o700)
    monkeypatch.setattr(check, "WITHIN_S", 0.5)
    monkeypatch.setattr(check, "_kernel_command", lambda _flight: ([str(slow), "-m", "ipykernel"], {}))
    began = time.monotonic()
    (found,) = look("import no_such_xyz")
    assert found.code == "unchecked" and not found.certain and time.monotonic() - began < 5


def test_an_answer_is_kept_until_something_was_installed(tmp_path: Path) -> None:
    finder = ModuleFinder()
    ask: Any = ([sys.executable], ["no_such_xyz"], tmp_path, {}, 60.0)
    assert finder.missing(*ask) == {"no_such_xyz"}
    began = time.perf_counter()
    assert finder.missing(*ask) == {"no_such_xyz"}
    assert time.perf_counter() - began < 0.01, "no process was started"
    (tmp_path / "no_such_xyz.py").write_text("")
    os.utime(tmp_path, (1, 1))
    assert finder.missing(*ask) == frozenset()


def test_the_interpreter_is_that_of_the_kernel() -> None:
    assert interpreter_of(["/env/bin/python", "-Xfrozen_modules=off", "-m", "ipykernel_launcher"]) == [
        "/env/bin/python",
        "-Xfrozen_modules=off",
    ]
    assert interpreter_of(["python", "-m", "ipykernel_launcher"]) == [sys.executable]
    assert interpreter_of(["conda", "run", "-n", "x", "python", "-m", "ipykernel"]) is None
    assert interpreter_of(["R", "--slave", "-e", "IRkernel::main()"]) is None


SURE = Finding("import", "There is no module 'a'.", True, subject="a", hint="Install a.")
DOUBT = Finding("file", "There is no file b.", False, subject="b")


@pytest.mark.parametrize(("policy", "kept"), [("off", None), ("warn", 2)])
def test_a_run_keeps_what_was_found_as_its_policy_says(store: Any, policy: str, kept: int | None) -> None:
    run = queue_run(store, add_job(store), policies=Policies.parse({"preflight": policy}).changed())
    keep_findings(run, [SURE, DOUBT])
    assert len(run.progress.get("findings", [])) == (kept or 0)
    assert kept is None or Finding.of(run.progress["findings"][0]) == SURE


def test_only_what_is_sure_refuses_and_the_refusal_names_each(store: Any) -> None:
    run = queue_run(store, add_job(store), policies={"preflight": "refuse"})
    keep_findings(run, [DOUBT])
    other = Finding("kernel", "There is no kernel 'c'.", True)
    with pytest.raises(PreflightError) as refused:
        keep_findings(run, [SURE, other, DOUBT])
    assert refused.value.status == 422 and refused.value.reason_code == "preflight"
    assert "'a'" in refused.value.message and "'c'" in refused.value.message
    assert "b" not in refused.value.message.split() and refused.value.hint is not None


def test_a_run_that_a_trigger_made_is_looked_at_before_its_kernel_starts(
    store: Any, settings: Settings, tmp_path: Path
) -> None:
    written: list[dict[str, Any]] = []
    node = new_notebook(cells=[new_code_cell("open('no.csv')")], metadata={"kernelspec": PYTHON})
    import nbformat

    notebook = read_notebook(nbformat.writes(node).encode())
    job = add_job(store, root=str(tmp_path))
    run = queue_run(store, job, progress={})
    preflight_before_start(run, notebook, settings, lambda **columns: written.append(columns))
    assert [finding["subject"] for finding in written[0]["progress"]["findings"]] == ["no.csv"]
    preflight_before_start(run, notebook, settings, lambda **columns: written.append(columns))
    assert len(written) == 1, "it is only warned of: once is enough"
    run.policies = {"preflight": "refuse"}
    with pytest.raises(PreflightError, match=r"no\.csv"):
        preflight_before_start(run, notebook, settings, lambda **columns: written.append(columns))
    assert len(written) == 2, "the row says why"


@pytest.mark.slow
def test_no_real_notebook_that_runs_would_be_refused(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    beside = Path(__file__).parents[4] / "shared" / "notebooks"
    folder = Path(os.environ.get("JUPYTER_MLOPS_NOTEBOOKS", beside))
    if not (folder / "index.tsv").is_file():
        pytest.skip("no folder of real notebooks (set JUPYTER_MLOPS_NOTEBOOKS)")
    monkeypatch.setattr(check, "WITHIN_S", 60.0)
    with (folder / "index.tsv").open() as index:
        rows = list(csv.DictReader(index, delimiter="\t"))
    wrong, right = [], 0
    for row in rows:
        if row["expected"] == "invalid":
            continue
        path = folder / row["file"]
        found = preflight(Flight(read_notebook(path), path.parent, path.parent), settings)
        sure = certain(found)
        if row["expected"] == "runs":  # where it was tried; here a module may be missing
            wrong += [(row["file"], found.message) for found in sure if not _is_missing_here(found)]
        right += bool(sure) and row["expected"] == "raises"
    assert wrong == []
    assert right >= 5, "of those that fail by a missing module or file, some are seen beforehand"


def _is_missing_here(finding: Finding) -> bool:
    return finding.code == "import" and importlib.util.find_spec(str(finding.subject)) is None
