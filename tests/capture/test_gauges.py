"""What the recorder measures around a cell, in real kernels."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from recorded_kernel import LOAD, RecordedKernel, StartKernel

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells")


def end_of(kernel: RecordedKernel, code: str, **how: Any) -> dict[str, Any]:
    answer = kernel.run(code, **how)
    _, end = kernel.record(answer)
    return end


@linux_only
def test_a_cells_processor_time_and_memory_peak_are_its_own(kernel: RecordedKernel) -> None:
    quiet = end_of(kernel, "quiet = 1")
    greedy = end_of(kernel, "block = bytearray(200_000_000); del block\nsum(range(3_000_000))")
    after = end_of(kernel, "after = 1")
    assert 195e6 < greedy["memory_peak_bytes"] - quiet["memory_peak_bytes"] < 230e6
    assert after["memory_peak_bytes"] < quiet["memory_peak_bytes"] + 20e6
    assert greedy["rss_bytes"] is None
    assert quiet["cpu_s"] < 0.05 < greedy["cpu_s"] < 10


@linux_only
def test_a_cell_inside_a_cell_does_not_hide_the_outers_peak(kernel: RecordedKernel) -> None:
    quiet = end_of(kernel, "quiet = 1")
    code = "block = bytearray(200_000_000); del block\n_ = get_ipython().run_cell('inner = 1')"
    assert end_of(kernel, code)["memory_peak_bytes"] - quiet["memory_peak_bytes"] > 150e6


def test_files_are_told_with_how_they_were_opened(kernel: RecordedKernel, tmp_path: Path) -> None:
    code = "\n".join(
        [
            "import json, os, tempfile",
            f"os.chdir({str(tmp_path)!r})",
            "open('out.txt', 'w').write('a'); open('out.txt').read(); open('out.txt').read()",
            "with open('both.bin', 'w+b') as f: pass",
            "os.close(os.open('low.bin', os.O_CREAT | os.O_WRONLY))",
            "open('/dev/null').close(); open('/proc/self/stat').close(); open(json.__file__).close()",
            "from pathlib import Path; Path('new.txt').write_text('x'); Path('new.txt').unlink()",
            "try: open('absent.txt')\nexcept OSError: pass",
        ]
    )
    assert end_of(kernel, code)["files"] == [
        {"path": str(tmp_path / "out.txt"), "mode": "rw", "n": 3},
        {"path": str(tmp_path / "both.bin"), "mode": "rw", "n": 1},
        {"path": str(tmp_path / "low.bin"), "mode": "w", "n": 1},
        {"path": str(tmp_path / "new.txt"), "mode": "w", "n": 1},
    ]
    many = end_of(kernel, "for n in range(250): open(f'many-{n}', 'w').close()")
    assert (len(many["files"]), many["dropped"]) == (200, {"files": 50})
    assert "files" not in end_of(kernel, "idle = 1")


def test_a_thread_of_the_cells_opens_files_for_it(kernel: RecordedKernel, tmp_path: Path) -> None:
    path = tmp_path / "from-thread"
    code = (
        f"import threading; t = threading.Thread(target=open, args=({str(path)!r}, 'w')); t.start(); t.join()"
    )
    assert [file["path"] for file in end_of(kernel, code)["files"]] == [str(path)]


def test_what_waits_for_imports_looks_at_what_was_imported_before_it_was_there(
    start_kernel: StartKernel,
) -> None:
    kernel = start_kernel()
    kernel.run("import pandas as pd")
    kernel.run(LOAD)
    kernel.run("df = pd.DataFrame({'a': [1]})")
    assert [frame["name"] for frame in end_of(kernel, "df = df.copy()")["frames"]] == ["df"]
    kernel.run("from jupyter_mlops.capture import recorder; recorder.configure(frames='off')")
    assert "frames" not in end_of(kernel, "df = df.copy()")
    kernel.run("recorder.configure(frames='shape')")
    assert [frame["name"] for frame in end_of(kernel, "df = df.copy()")["frames"]] == ["df"]


def test_packages_are_told_when_they_are_first_imported(start_kernel: StartKernel) -> None:
    kernel = start_kernel()
    kernel.run(LOAD)
    numpy = {fact["name"]: fact for fact in end_of(kernel, "import numpy, csv")["imports"]}
    assert set(numpy) == {"numpy"}
    assert numpy["numpy"]["version"]
    assert Path(numpy["numpy"]["folder"]).name == "site-packages"
    pandas = {fact["name"] for fact in end_of(kernel, "import pandas")["imports"]}
    assert "pandas" in pandas
    assert "numpy" not in pandas
    assert "imports" not in end_of(kernel, "import pandas, numpy, wave")


def test_data_frames_are_told_when_bound_changed_or_shown(start_kernel: StartKernel) -> None:
    kernel = start_kernel()
    kernel.run(LOAD)
    assert "frames" not in end_of(kernel, "class Frame: shape = (1, 2)\nframe = Frame()")
    (frame,) = end_of(kernel, "import pandas as pd; df = pd.DataFrame({'a': [1, 2], 'b': [.5, 1]})")["frames"]
    assert {**frame, "schema_hash": None} == {
        "name": "df",
        "kind": "pandas.DataFrame",
        "shape": [2, 2],
        "columns": [["a", "int64"], ["b", "float64"]],
        "schema_hash": None,
    }
    assert "frames" not in end_of(kernel, "df.sum().sum()")
    (wider,) = end_of(kernel, "df['c'] = df.a > 1")["frames"]
    assert (wider["shape"], wider["columns"][2]) == ([2, 3], ["c", "bool"])
    (typed,) = end_of(kernel, "df['c'] = df.c.astype('int8')")["frames"]
    assert typed["columns"][2] == ["c", "int8"]
    assert typed["schema_hash"] != wider["schema_hash"] != frame["schema_hash"]
    (rebound,) = end_of(kernel, "df = df.copy()")["frames"]
    assert rebound["schema_hash"] == typed["schema_hash"]
    (head,) = end_of(kernel, "df.head(1)")["frames"]
    assert (head["name"], head["shown"], head["shape"]) == (None, True, [1, 3])
    (shown,) = end_of(kernel, "df")["frames"]
    assert (shown["name"], shown["shown"]) == ("df", True)
    (shown,) = end_of(kernel, "globals()['d' + 'f']")["frames"]
    assert (shown["name"], shown["shown"]) == ("df", True)
    kernel.run("def grow(): globals()['d' + 'f']['new'] = 0")
    (grown,) = end_of(kernel, "grow()")["frames"]
    assert (grown["name"], grown["shape"]) == ("df", [2, 4])
    others = end_of(
        kernel,
        "import numpy as np, pyarrow as pa\n"
        "x = np.zeros((2, 3)); t = pa.table({'k': [1]}); s = df['a']; many = np.arange(2)\n"
        "for n in range(30): globals()[f'array{n}'] = np.zeros(n)",
    )
    assert (len(others["frames"]), others["dropped"]) == (20, {"frames": 14})
    (table,) = end_of(kernel, "t = t.append_column('l', pa.array(['x']))")["frames"]
    assert (table["kind"], table["columns"]) == ("pyarrow.Table", [["k", "int64"], ["l", "string"]])
    wide = end_of(kernel, "wide = pd.DataFrame(np.zeros((1, 3000)))")
    assert (wide["frames"][0]["shape"], len(wide["frames"][0]["columns"])) == ([1, 3000], 100)


def test_polars_frames_are_told_where_it_is_installed(start_kernel: StartKernel) -> None:
    pytest.importorskip("polars")
    kernel = start_kernel(JUPYTER_MLOPS_CAPTURE="frames=hash")
    kernel.run(LOAD)
    (frame,) = end_of(kernel, "import polars as pl; df = pl.DataFrame({'a': [1, 2]})")["frames"]
    assert (frame["kind"], frame["shape"], frame["columns"]) == ("polars.DataFrame", [2, 1], [["a", "Int64"]])
    assert frame["content_hash"]
    assert "polars" in frame["hash_method"]


def test_contents_are_hashed_only_on_request_and_say_how(start_kernel: StartKernel) -> None:
    kernel = start_kernel(JUPYTER_MLOPS_CAPTURE="frames=hash")
    kernel.run(LOAD)
    code = (
        "import pandas as pd, numpy as np, pyarrow as pa\n"
        "def make(last): return pd.DataFrame({'a': [1, 2], 's': ['x', last], 'o': [(1,), None]})\n"
        "one, two, other = make('y'), make('y'), make('z')\n"
        "array = np.arange(3); table = pa.table({'k': [1]}); same = pa.table({'k': [1]})\n"
        "text = np.array(['x', None])"
    )
    frames = {frame["name"]: frame for frame in end_of(kernel, code)["frames"]}
    assert frames["one"]["content_hash"] == frames["two"]["content_hash"] != frames["other"]["content_hash"]
    assert frames["table"]["content_hash"] == frames["same"]["content_hash"]
    assert frames["table"]["hash_method"] == "blake2b-128 of Arrow IPC batches"
    assert frames["array"]["hash_method"] == "blake2b-128 of buffers"
    assert "pandas.util.hash_array" in frames["one"]["hash_method"]
    assert frames["text"]["content_hash"]


FAKE_NVML = """
import os
from types import SimpleNamespace as S
def nvmlInit(): pass
def nvmlDeviceGetCount(): return 2
def nvmlDeviceGetHandleByIndex(index): return index
def nvmlDeviceGetComputeRunningProcesses(index):
    return [S(pid=os.getpid(), usedGpuMemory=1000), S(pid=1, usedGpuMemory=5)] if index == 1 else []
def nvmlDeviceGetMemoryInfo(index): return S(used=1234)
"""


def test_gpu_memory_is_asked_for_once_a_library_uses_gpus(start_kernel: StartKernel, tmp_path: Path) -> None:
    modules = tmp_path / "modules"
    modules.mkdir()
    (modules / "pynvml.py").write_text(FAKE_NVML)
    (modules / "torch.py").write_text("")
    kernel = start_kernel()
    kernel.run(f"{LOAD}\nimport sys; sys.path.insert(0, {str(modules)!r})")
    assert "gpu" not in end_of(kernel, "x = 1")
    assert kernel.run("print('pynvml' in sys.modules)").streams["stdout"] == "False\n"
    assert end_of(kernel, "import torch")["gpu"] == [{"index": 1, "process_bytes": 1000, "used_bytes": 1234}]


def test_without_nvml_there_is_no_gpu(start_kernel: StartKernel, tmp_path: Path) -> None:
    (tmp_path / "torch.py").write_text("")
    kernel = start_kernel()
    kernel.run(f"{LOAD}\nimport sys; sys.path.insert(0, {str(tmp_path)!r})")
    end = end_of(kernel, "import torch")
    assert "gpu" not in end
    assert "dropped" not in end


def test_a_traceback_is_what_the_user_saw_without_colours(kernel: RecordedKernel) -> None:
    answer = kernel.run("def broken():\n    return 1 / 0\nbroken()")
    _, end = kernel.record(answer)
    assert "\x1b" in "".join(answer.reply["traceback"])
    assert "\x1b" not in end["traceback"]
    assert "return 1 / 0" in end["traceback"]
    assert end["traceback"].endswith("ZeroDivisionError: division by zero")
    assert "traceback" not in end_of(kernel, "fine = 1")


def test_a_traceback_without_end_is_kept_at_both_ends(kernel: RecordedKernel) -> None:
    end = end_of(kernel, "raise ValueError('start ' + 'x' * 100_000 + ' end')")
    assert len(end["traceback"]) < 17_000
    assert end["traceback"].endswith(" end")
    assert " characters …]" in end["traceback"]


def test_a_gauge_that_fails_costs_its_own_facts_only_and_is_given_up(start_kernel: StartKernel) -> None:
    kernel = start_kernel()
    kernel.run(LOAD)
    kernel.run(
        "from jupyter_mlops.capture.kernel.packages import Packages\n"
        "calls = []\n"
        "def fail(*args): calls.append(1); raise RuntimeError('ours')\n"
        "Packages.end = fail; Packages.idle_at = property(lambda self: -1, lambda self, now: None)"
    )
    answer = kernel.run("print('hello')")
    _, end = kernel.record(answer)
    assert answer.streams == {"stdout": "hello\n", "stderr": ""}
    assert (end["status"], end["stdout_bytes"], end["dropped"]) == ("ok", 6, {"Packages": 1})
    assert end["cpu_s"] >= 0
    for n in range(15):
        kernel.run(f"n = {n}")
    answer = kernel.run(
        "from jupyter_mlops.capture import recorder; r = recorder.active()\n"
        "print(len(calls), r.errors, r.problem)"
    )
    assert answer.streams["stdout"] == "10 10 None\n"


def test_what_was_noted_and_cannot_be_told_costs_itself_only(start_kernel: StartKernel) -> None:
    kernel = start_kernel()
    kernel.run(LOAD)
    kernel.run(
        "from jupyter_mlops.capture.kernel.files import OpenedFiles\n"
        "def fail(*args): raise RuntimeError('ours')\n"
        "OpenedFiles.end = fail"
    )
    end = end_of(kernel, "open('here.txt', 'w').close()")
    assert (end["status"], end["dropped"]) == ("ok", {"OpenedFiles": 1})
    assert end["cpu_s"] >= 0
    assert "files" not in end


def test_what_our_hooks_took_is_told(kernel: RecordedKernel) -> None:
    assert 0 < end_of(kernel, "x = 1")["hook_ns"] < 1e9


def test_the_names_of_a_frames_columns_are_those_that_pandas_tells() -> None:
    import pandas as pd

    from jupyter_mlops.capture.kernel.schemas import _pandas_names

    frame = pd.DataFrame([[1, 2]])
    days = pd.date_range("2020-01-01", periods=2)
    for columns in (
        ["a", "b"],
        pd.Index(["a", None], dtype="str"),
        pd.Index(["a", None], dtype=object),
        pd.Index(["a", 1], dtype=object),
        [0, 1],
        [0.5, float("nan")],
        [False, True],
        pd.RangeIndex(5, 7),
        pd.MultiIndex.from_tuples([("a", 1), ("b", 2)]),
        pd.CategoricalIndex(["x", "y"]),
        pd.IntervalIndex.from_breaks([0, 1, 2]),
        days,
        days.tz_localize("Europe/Paris"),
        days.to_period("D"),
    ):
        frame.columns = columns
        assert _pandas_names(frame) == list(map(str, frame.columns.tolist())), columns


def test_the_types_of_a_frames_columns_are_those_that_pandas_tells() -> None:
    import pandas as pd

    from jupyter_mlops.capture.kernel.schemas import _pandas_types

    frame = pd.DataFrame(
        {
            "a": [1],
            "b": ["x"],
            "c": pd.Categorical(["q"]),
            "d": pd.to_datetime(["2020-01-01"], utc=True),
            "e": [1.0],
            "f": pd.array([1], dtype="Int64"),
        }
    )
    frame["g"] = 1
    frame = frame[["g", "a", "f", "b", "c", "d", "e"]]
    assert _pandas_types(frame) == frame.dtypes.tolist()
    assert _pandas_types(frame.iloc[:0, :0]) == []
