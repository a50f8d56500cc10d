from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from recorded_kernel import LOAD, UNLOAD, RecordedKernel, StartKernel

from jupyter_mlops.capture.cell_identity import hash_source
from jupyter_mlops.capture.facts import MAX_MESSAGE, notebook_path, relative_to_root, runner
from jupyter_mlops.capture.kernel.journal_writer import JournalWriter, to_line
from jupyter_mlops.capture.redaction import REDACTED


def test_the_first_line_says_which_kernel_this_is(kernel: RecordedKernel) -> None:
    session = kernel.lines()[0]
    assert session["ph"] == "S"
    assert session["session_id"] == kernel.journal.stem
    assert session["kernel_id"] == "0f1e2d3c"
    assert session["pid"] == kernel.pid
    assert session["kernel_name"] == "python3"
    assert session["python"] == ".".join(map(str, sys.version_info[:3]))
    assert session["ipykernel"]
    assert session["notebook_path"].endswith("/work/train.ipynb")
    assert session["runner"] == "lab"
    assert session["locked"] is True
    assert session["run_id"] is None


def test_only_the_user_can_read_a_journal(kernel: RecordedKernel) -> None:
    assert stat.S_IMODE(kernel.journal.stat().st_mode) == 0o600
    assert stat.S_IMODE(kernel.journals.stat().st_mode) == 0o700


def test_a_cell_is_a_begin_and_an_end(kernel: RecordedKernel) -> None:
    source = "print('grün')\nimport sys; print('oops', file=sys.stderr)\n6 * 7"
    answer = kernel.run(source, cellId="cell-1", tags=["mine"])
    begin, end = kernel.record(answer)
    assert begin["cell_id"] == begin["cell_key"] == "cell-1"
    assert begin["key_kind"] == "id"
    assert begin["tags"] == ["mine"]
    assert begin["source"] == source
    assert begin["execution_count"] == end["execution_count"] == answer.reply["execution_count"]
    assert begin["session_id"] == kernel.journal.stem
    assert end["status"] == "ok"
    assert end["error"] is None
    assert end["stdout_bytes"] == len("grün\n".encode())
    assert end["stderr_bytes"] == len("oops\n")
    assert end["outputs"] == [{"mime": "text/plain", "bytes": 2, "hash": hash_source("42")}]
    assert end["t1"] >= begin["t0"]
    assert end["duration_ns"] == end["m1"] - begin["m0"] > 0


def test_the_cell_that_loads_the_recorder_is_recorded_too(start_kernel: StartKernel) -> None:
    kernel = start_kernel()
    answer = kernel.run(f"print('before')\n{LOAD}\nprint('after')", cellId="first")
    begin, end = kernel.record(answer)
    assert (begin["cell_id"], begin["seq"], end["status"]) == ("first", 1, "ok")
    assert end["stdout_bytes"] == len("after\n")


def test_a_source_is_written_once(kernel: RecordedKernel) -> None:
    first, _ = kernel.record(kernel.run("y = 'said once'", cellId="a"))
    second, _ = kernel.record(kernel.run("y = 'said once'", cellId="b"))
    assert first["source"] == "y = 'said once'"
    assert "source" not in second
    assert second["source_sha"] == hash_source(first["source"])
    assert second["seq"] == first["seq"] + 1


def test_papermills_parameters_are_known_by_their_tag_as_their_id_is_new_each_time(
    kernel: RecordedKernel,
) -> None:
    begin, _ = kernel.record(kernel.run("C = 1", cellId="random", tags=["injected-parameters"]))
    assert (begin["key_kind"], begin["cell_key"]) == ("tag", "injected-parameters")
    assert begin["cell_id"] == "random"


def test_a_cell_without_an_id_is_known_by_its_source(kernel: RecordedKernel) -> None:
    begin, _ = kernel.record(kernel.run("anonymous = 1"))
    assert begin["cell_id"] is None
    assert (begin["key_kind"], begin["cell_key"]) == ("source", hash_source("anonymous = 1"))


@pytest.mark.parametrize(
    ("code", "name", "message"),
    [
        ("1 / 0", "ZeroDivisionError", "division by zero"),
        ("raise ValueError('x' * 5000)", "ValueError", "x" * MAX_MESSAGE),
        ("import sys; sys.exit(3)", "SystemExit", "3"),
        ("def broken(:", "SyntaxError", None),
        ("%no_such_magic", "UsageError", None),
        (
            "class Falsy(Exception):\n    def __bool__(self): return False\nraise Falsy('still')",
            "Falsy",
            "still",
        ),
    ],
)
def test_an_error_is_recorded_by_type_and_message(
    kernel: RecordedKernel, code: str, name: str, message: str | None
) -> None:
    _, end = kernel.record(kernel.run(code))
    assert end["status"] == "error"
    assert end["error"]["type"] == name
    assert message is None or end["error"]["message"] == message


def test_an_error_that_cannot_be_printed_does_not_disturb_the_record(kernel: RecordedKernel) -> None:
    code = "class Mute(Exception):\n    def __str__(self): raise RuntimeError('mute')\nraise Mute"
    answer = kernel.run(code)
    _, end = kernel.record(answer)
    assert end["status"] == "error"
    assert end["error"]["type"] == answer.reply["ename"]


def test_an_interrupt_is_recorded_as_one(kernel: RecordedKernel) -> None:
    msg_id = kernel.send("print('running', flush=True)\nimport time; time.sleep(60)")
    kernel.wait_until_running(msg_id)
    kernel.manager.interrupt_kernel()
    _, end = kernel.record(kernel.answer(msg_id))
    assert end["status"] == "interrupted"
    assert end["error"]["type"] == "KeyboardInterrupt"


def test_a_nested_run_cell_is_an_execution_of_its_own_inside_the_cells(kernel: RecordedKernel) -> None:
    answer = kernel.run("print(1); _ = get_ipython().run_cell('print(22)')", cellId="outer")
    outer, inner = (line for line in kernel.lines() if line.get("msg_id") == answer.msg_id)
    ends = {line["exec_id"]: line for line in kernel.lines() if line["ph"] == "E"}
    assert (outer["cell_id"], outer["parent_exec_id"]) == ("outer", None)
    assert (inner["cell_id"], inner["parent_exec_id"]) == (None, outer["exec_id"])
    assert inner["key_kind"] == "source"
    assert inner["seq"] == outer["seq"]
    assert ends[inner["exec_id"]]["stdout_bytes"] == 3
    assert ends[outer["exec_id"]]["stdout_bytes"] == 5


def test_cell_magics_keep_the_cell_as_the_user_wrote_it(kernel: RecordedKernel) -> None:
    begin, end = kernel.record(kernel.run("%%time\nz = 1\nz", cellId="timed"))
    assert begin["source"] == "%%time\nz = 1\nz"
    assert end["status"] == "ok"
    assert end["stdout_bytes"] > 0
    assert [output["mime"] for output in end["outputs"]] == ["text/plain"]


def test_what_capture_keeps_is_no_output_of_the_cell(kernel: RecordedKernel) -> None:
    answer = kernel.run("%%capture kept\nprint('hidden')\n'and this'", cellId="quiet")
    begin, end = kernel.record(answer)
    assert (begin["cell_id"], end["stdout_bytes"], end["outputs"]) == ("quiet", 0, [])
    assert kernel.run("print(kept.stdout)").streams["stdout"] == "hidden\n\n"


def test_an_async_cell_ends_when_its_last_await_does(kernel: RecordedKernel) -> None:
    _, end = kernel.record(kernel.run("import asyncio\nawait asyncio.sleep(0.05)\nprint('done')"))
    assert end["status"] == "ok"
    assert end["duration_ns"] >= 50_000_000
    assert end["stdout_bytes"] == 5


def test_displays_are_named_by_their_richest_type_and_sized_as_stored(kernel: RecordedKernel) -> None:
    code = "\n".join(
        [
            "from IPython.display import HTML, display, update_display",
            "display(HTML('<b>ü</b>'), display_id='d')",
            "update_display(HTML('<i>later</i>'), display_id='d')",
            "display({'application/json': {'a': 1}}, raw=True)",
            "display({'image/png': b'1234'}, raw=True)",
        ]
    )
    _, end = kernel.record(kernel.run(code))
    assert end["outputs"] == [
        {"mime": "text/html", "bytes": len("<b>ü</b>".encode()), "hash": hash_source("<b>ü</b>")},
        {"mime": "application/json", "bytes": len('{"a": 1}'), "hash": hash_source('{"a": 1}')},
        {"mime": "image/png", "bytes": 8, "hash": hash_source("MTIzNA==")},
    ]


def test_the_content_of_outputs_is_kept_only_where_it_is_asked_for_and_without_secrets(
    start_kernel: StartKernel,
) -> None:
    kernel = start_kernel(JUPYTER_MLOPS_CAPTURE="outputs=content", API_TOKEN="opensesame42")
    kernel.run(LOAD)
    code = "import os\ndisplay('x' * 70_000)\nos.environ['API_TOKEN'], 'ü'"
    _, end = kernel.record(kernel.run(code))
    large, small = end["outputs"]
    assert large["bytes"] > 65_536 and "content" not in large
    assert small["content"] == f"('{REDACTED}', 'ü')"


def test_no_more_than_fifty_outputs_are_listed(kernel: RecordedKernel) -> None:
    _, end = kernel.record(kernel.run("for n in range(60): display(n)"))
    assert len(end["outputs"]) == 50


def test_ten_megabytes_of_prints_are_counted_to_the_byte(kernel: RecordedKernel) -> None:
    _, end = kernel.record(kernel.run("for _ in range(100_000): print('x' * 100)"))
    assert end["stdout_bytes"] == 10_100_000


def test_an_empty_cell_and_a_silent_request_leave_no_trace(kernel: RecordedKernel) -> None:
    before = kernel.journal.read_bytes()
    kernel.run("  \n ")
    kernel.run("x = 'hidden'", silent=True, store_history=False)
    assert kernel.journal.read_bytes() == before


def test_a_forked_child_does_not_write_as_its_parent(kernel: RecordedKernel) -> None:
    code = "\n".join(
        [
            "import os",
            "pid = os.fork()",
            "if pid == 0:",
            "    get_ipython().run_cell('in_child = 1', silent=False)",
            "    os._exit(0)",
            "_ = os.waitpid(pid, 0)",
        ]
    )
    kernel.record(kernel.run(code))  # one begin, one end
    assert not any(line.get("source") == "in_child = 1" for line in kernel.lines())
    assert {line["pid"] for line in kernel.lines() if "pid" in line} == {kernel.pid}


def test_loading_twice_records_once(kernel: RecordedKernel) -> None:
    kernel.run(LOAD)
    kernel.record(kernel.run("loaded_twice = True"))


def test_a_job_is_named_in_the_session(start_kernel: StartKernel) -> None:
    kernel = start_kernel(
        JUPYTER_MLOPS_RUN_ID="aaaaaaaaaaaa",
        JUPYTER_MLOPS_ATTEMPT_ID="bbbbbbbbbbbb",
        JUPYTER_MLOPS_NOTEBOOK="work/train.ipynb",
        JUPYTER_MLOPS_ROOT="/srv/notebooks",
    )
    kernel.run(LOAD)
    session = kernel.lines()[0]
    assert session["runner"] == "job"
    assert (session["run_id"], session["attempt_id"]) == ("aaaaaaaaaaaa", "bbbbbbbbbbbb")
    assert (session["root"], session["notebook_path"]) == ("/srv/notebooks", "work/train.ipynb")


CELLS = [
    "print('plain'); 1 + 1",
    "import sys; print('e', file=sys.stderr); {'a': [1]}",
    "1 / 0",
    "print(get_ipython().run_cell('print(5); 6').result)",
    "%%capture c\nprint('x')",
    "import asyncio; await asyncio.sleep(0); print('async')",
    "!echo shell",
    "display('d')",
    "%time 1",
]


def seen(kernel: RecordedKernel, code: str) -> object:
    """All that a cell shows, but for what differs between any two runs: times and tracebacks' addresses."""
    answer = kernel.run(code)
    if code.startswith("%time"):
        return len(answer.outputs), answer.streams["stdout"].count("\n")
    return answer.streams, [{**output, "traceback": None} for output in answer.outputs]


def test_cells_show_byte_for_byte_what_they_show_without_us_even_when_our_hooks_fail(
    start_kernel: StartKernel,
) -> None:
    kernel = start_kernel()
    kernel.run("pass")
    bare = [seen(kernel, code) for code in CELLS]
    kernel.run(LOAD)
    counts = len(kernel.lines())
    recorded = [seen(kernel, code) for code in CELLS]
    assert len(kernel.lines()) > counts
    kernel.run(
        "from jupyter_mlops.capture import recorder\n"
        "def fail(*args): raise RuntimeError('ours')\n"
        "recorder.begin_line = recorder.end_line = fail"
    )
    failing = [seen(kernel, code) for code in CELLS]

    def without_counts(answers: list[object]) -> str:
        import re

        return re.sub(r"'execution_count': \d+", "", str(answers))

    assert without_counts(recorded) == without_counts(bare)
    assert without_counts(failing) == without_counts(bare)
    answer = kernel.run(
        "from jupyter_mlops.capture import recorder; r = recorder.active(); print(r.errors, r.problem)"
    )
    assert answer.streams["stdout"].startswith(
        "10 switched off after 10 errors in a row: RuntimeError('ours')"
    )


def test_loading_again_after_too_many_errors_records_anew(start_kernel: StartKernel) -> None:
    kernel = start_kernel()
    kernel.run(LOAD)
    kernel.run(
        "from jupyter_mlops.capture import recorder; kept = recorder.begin_line; recorder.begin_line = None"
    )
    for n in range(10):
        kernel.run(f"n = {n}")
    kernel.run(f"recorder.begin_line = kept\n{LOAD}")
    answer = kernel.run("recorded = 'again'")
    sources = [path.read_text() for path in kernel.journals.glob("*.jsonl")]
    assert sum(answer.msg_id in text for text in sources) == 1


def test_unloading_leaves_the_shell_as_it_was_found(start_kernel: StartKernel) -> None:
    look = "\n".join(
        [
            "import sys",
            "ip = get_ipython()",
            "print([len(ip.events.callbacks[e]) for e in ('pre_run_cell', 'post_run_cell')],",
            "      'publish' in vars(ip.display_pub), 'write_format_data' in vars(ip.displayhook),",
            "      vars(sys.stdout)['write'].__qualname__, [type(f).__name__ for f in sys.meta_path])",
        ]
    )
    kernel = start_kernel()
    found = kernel.run(look).streams["stdout"]
    kernel.run(LOAD)
    assert kernel.run(look).streams["stdout"] != found
    answer = kernel.run(f"{UNLOAD}\nprint('bye')")
    _, end = kernel.record(answer)  # the cell that unloads is still recorded to its end
    assert end["stdout_bytes"] == 4
    lines = len(kernel.lines())
    assert kernel.run(look).streams["stdout"] == found
    assert len(kernel.lines()) == lines
    kernel.run(LOAD)
    kernel.record(kernel.run("back = True"))  # in the same journal: it is the same session


def test_a_folder_that_cannot_be_written_is_a_problem_and_not_an_error(
    start_kernel: StartKernel, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("in the way")
    kernel = start_kernel(JUPYTER_MLOPS_JOURNALS=str(tmp_path / "file" / "journals"))
    answer = kernel.run(
        "from jupyter_mlops.capture import recorder\nprint(recorder.load(get_ipython()).problem)"
    )
    assert answer.streams["stdout"].startswith("the journal cannot be written: ")
    assert kernel.run("print('works')").streams == {"stdout": "works\n", "stderr": ""}


def test_a_line_after_a_torn_one_begins_on_a_line_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = JournalWriter(str(tmp_path), "s")
    write = os.write
    monkeypatch.setattr(os, "write", lambda fd, data: write(fd, data[:5]))  # what a full disk does
    with pytest.raises(OSError, match="5 of 8 bytes"):
        writer.append(to_line({"a": 1}))
    monkeypatch.undo()
    writer.append(to_line({"b": 2}))
    writer.close()
    assert (tmp_path / "s.jsonl").read_bytes() == b'{"a":\n{"b":2}\n'


@pytest.mark.parametrize(
    ("root", "path", "name"),
    [
        ("/srv", "/srv/a/b.ipynb", "a/b.ipynb"),
        ("/srv/", "/srv/b.ipynb", "b.ipynb"),
        ("/srv", "/srv2/b.ipynb", "/srv2/b.ipynb"),
        ("/srv", "a/b.ipynb", "a/b.ipynb"),
        (None, "/srv/b.ipynb", "/srv/b.ipynb"),
        ("/srv", "/srv/..b.ipynb", "..b.ipynb"),
        ("/srv", None, None),
    ],
)
def test_a_notebook_is_named_relative_to_its_root(
    root: str | None, path: str | None, name: str | None
) -> None:
    assert relative_to_root(root, path) == name


@pytest.mark.parametrize(
    ("environ", "user_ns", "path", "who"),
    [
        (
            {
                "JUPYTER_MLOPS_NOTEBOOK": "job.ipynb",
                "JUPYTER_MLOPS_RUN_ID": "r",
                "JPY_SESSION_NAME": "/lab.ipynb",
            },
            {},
            "job.ipynb",
            "job",
        ),
        ({"JPY_SESSION_NAME": "/lab.ipynb"}, {"__vsc_ipynb_file__": "/vsc.ipynb"}, "/lab.ipynb", "lab"),
        ({}, {"__vsc_ipynb_file__": "/vsc.ipynb"}, "/vsc.ipynb", "other"),
        ({}, {"__vsc_ipynb_file__": 5}, None, "other"),
        ({}, {}, None, "other"),
    ],
)
def test_the_notebook_is_told_by_whoever_started_the_kernel(
    environ: dict[str, str], user_ns: dict[str, object], path: str | None, who: str
) -> None:
    assert notebook_path(user_ns, environ) == path
    assert runner(environ) == who


def test_importing_the_recorder_takes_only_the_standard_library_and_little_time(tmp_path: Path) -> None:
    script = "\n".join(
        [
            "import sys, time, ipykernel.kernelapp",
            "before, start = set(sys.modules), time.process_time()",
            "import jupyter_mlops.capture.recorder",
            "took = time.process_time() - start",
            "new = {name.partition('.')[0] for name in set(sys.modules) - before}",
            "print(took, *(new - set(sys.stdlib_module_names)))",
        ]
    )
    environ = {
        **os.environ,
        "PYTHONPYCACHEPREFIX": str(tmp_path),
        "PYTHONPATH": str(Path(__file__).parents[2]),
    }
    environ.pop("PYTHONDONTWRITEBYTECODE", None)
    runs = [
        subprocess.run(
            [sys.executable, "-c", script], env=environ, capture_output=True, text=True, check=True
        )
        for _ in range(3)  # the first compiles
    ]
    times, modules = zip(*(run.stdout.split(maxsplit=1) for run in runs), strict=True)
    assert {name.strip() for name in modules} == {"jupyter_mlops"}
    assert min(map(float, times)) <= 0.05  # seconds of CPU; the bench says how many
