"""Our processes of the tests are forked from one that has loaded their libraries, where Linux allows it.

MLflow, papermill and SQLAlchemy take five CPU seconds to import, which each of hundreds of workers, runners
and calls of the command line would pay. What is forked is still a child of whoever started it, with a pid,
arguments, environment, folder, streams, session and exit code of its own; `/proc` shows it like any other.
A Jupyter server of the tests starts its processes as users' do: it is not forked, nor is what it starts.
"""

from __future__ import annotations

import ctypes
import gc
import importlib
import inspect
import json
import os
import platform
import re
import runpy
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

LIBRARIES = (
    "alembic.command",
    "jupyter_mlops.models.carry_out",
    "jupyter_mlops.models.scoring.score",
    "jupyter_mlops.runs.attempt",
    "jupyter_mlops.runs.engine",
    "jupyter_mlops.runs.worker",
    "mlflow.pyfunc",
    "mlflow.store.model_registry.sqlalchemy_store",
    "mlflow.store.tracking.sqlalchemy_store",
    "nbformat",
    "papermill",
    "rich.console",
)
COMMAND_LINE = "jupyter_mlops.cli.__main__"
MAY_BE_FORKED = "# may be forked\n"  # how a program of the tests begins that does not care
_FORKED = re.compile(
    r"jupyter_mlops\.(runs\.(worker_main|runner|remote\.writing)|models\.(carry_out_main|process|scoring\.apart)"
    rf"|tracking\.(process|late_tellings)|{re.escape(COMMAND_LINE.removeprefix('jupyter_mlops.'))})"
)
_FORKED_PROGRAM = re.compile(
    rf"{MAY_BE_FORKED}|\s*import sys\s+sys\.path.*\s+from jupyter_mlops\.tracking\.model_process import"
)
_CLONE = {"x86_64": 56, "aarch64": 220}.get(platform.machine())
_CLONE_PARENT = 0x8000
_ROOM = 2**15  # for arguments, and for an environment, as `/proc` shows them
MAX_REQUEST_BYTES = 2**17
_LOADED = b"loaded"
_ONE_THREAD = {
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "JE_ARROW_MALLOC_CONF": "background_thread:false",
}


def _read_at_start(environment: Mapping[str, str]) -> dict[str, str]:
    """What Python and the loader of its libraries read when a process starts."""
    return {name: value for name, value in environment.items() if name.startswith(("PYTHON", "LD_"))}


_AT_START = _read_at_start(os.environ)
_execute_child = subprocess.Popen._execute_child  # type: ignore[attr-defined] # the one place where it forks
_parameters = inspect.signature(_execute_child)


class Forker:
    """A child process that makes siblings of itself: children of the process that it belongs to."""

    def __init__(self, talk: socket.socket) -> None:
        self._talk = talk
        self._one_at_a_time = threading.Lock()

    def fork(self, request: Mapping[str, Any], streams: Sequence[int]) -> int:
        """The pid of a new child, which has these three streams."""
        with self._one_at_a_time:
            socket.send_fds(self._talk, [json.dumps(request).encode()], streams)
            return int(self._talk.recv(MAX_REQUEST_BYTES))


_own_forker: Forker | None = None


def fork_our_processes() -> None:
    """From now on `Popen` forks what can be forked, in this process and in those that it forks."""
    if sys.platform == "linux" and _CLONE is not None:
        subprocess.Popen._execute_child = _fork_or_execute  # type: ignore[attr-defined]


def wait_for_forker() -> None:
    """Start the process that the tests' processes are forked from, and wait for it.

    Until somebody has, processes are started as they are for users: nobody's start waits for libraries.
    """
    global _own_forker  # noqa: PLW0603 - one is enough
    if _own_forker is None and subprocess.Popen._execute_child is _fork_or_execute:  # type: ignore[attr-defined]
        _own_forker = _start_forker()


def _fork_or_execute(popen: subprocess.Popen[Any], *arguments: Any) -> None:
    said = _parameters.bind(popen, *arguments).arguments
    environment = dict(os.environ if said["env"] is None else said["env"])
    if _own_forker is None or not _can_be_forked(said, environment):
        _execute_child(popen, *arguments)
        return
    words = [os.fspath(word) for word in said["args"]]
    folder = os.fspath(said["cwd"] or Path.cwd())
    os.stat(folder)  # noqa: PTH116 - raises what a start in a missing folder raises
    request = {
        "words": words,
        "cwd": folder,
        "environment": environment,
        "new_session": said["start_new_session"],
    }
    places = zip((said["p2cread"], said["c2pwrite"], said["errwrite"]), range(3), strict=True)
    popen.pid = _own_forker.fork(request, [place if stream == -1 else stream for stream, place in places])
    popen._child_created = True  # type: ignore[attr-defined]
    pipes = ("p2cread", "p2cwrite", "c2pread", "c2pwrite", "errread", "errwrite")
    popen._close_pipe_fds(*(said[pipe] for pipe in pipes))  # type: ignore[attr-defined]


def _can_be_forked(said: Mapping[str, Any], environment: Mapping[str, str]) -> bool:
    words = said["args"]
    if said["shell"] or said["preexec_fn"] or said["pass_fds"] or not isinstance(words, list | tuple):
        return False
    match list(words):
        case [sys.executable, "-m", module, *_]:
            ours = _FORKED.fullmatch(module)
        case [sys.executable, "-c", program, *_]:
            ours = _FORKED_PROGRAM.match(program)
        case _:
            return False
    fits = sum(len(name) + len(value) + 2 for name, value in environment.items()) < _ROOM
    return ours is not None and fits and _read_at_start(environment) == _AT_START


def _start_forker() -> Forker:
    """That of the tests' process; it ends with it."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    others = ("JUPYTER_", "MLFLOW_", "_MLFLOW_", "JPY_", "PYTHON", "LD_")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(others)}
    environment |= _AT_START
    environment |= {**_ONE_THREAD, "MLFLOW_DISABLE_TELEMETRY": "true", "ROOM": "-" * _ROOM}
    with theirs:
        subprocess.Popen(
            [sys.executable, __file__, str(theirs.fileno()), "-" * (_ROOM // 8)],
            env=environment,
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )
    assert ours.recv(MAX_REQUEST_BYTES) == _LOADED, "the process to fork from has ended"
    return Forker(ours)


# --- in the processes that fork and that are forked --------------------------------------------------------


def _fork_when_asked(talk: socket.socket) -> tuple[dict[str, Any], list[int]]:
    """It returns in each process that is forked, with what was asked for."""
    while True:
        request, streams, _, _ = socket.recv_fds(talk, MAX_REQUEST_BYTES, 3)
        if not request:
            os._exit(0)
        if (pid := _fork_a_sibling()) == 0:
            talk.close()
            return json.loads(request), streams
        for stream in streams:
            os.close(stream)
        talk.send(str(pid).encode())


def _fork_a_sibling() -> int:
    """`os.fork`, but the new process is a child of this one's parent."""
    here = ctypes.PyDLL(None)
    here.syscall.restype = ctypes.c_long
    here.syscall.argtypes = [ctypes.c_long] * 6
    here.PyOS_BeforeFork()
    pid = int(here.syscall(_CLONE, _CLONE_PARENT | signal.SIGCHLD, 0, 0, 0, 0))
    if pid == 0:
        here.PyOS_AfterFork_Child()
    else:
        here.PyOS_AfterFork_Parent()
    assert pid >= 0, "clone failed"
    return pid


def _be(request: dict[str, Any], streams: list[int]) -> None:
    """Be the process that was asked for, as `python -m` or `python -c` makes it; raises SystemExit."""
    global _own_forker  # noqa: PLW0603 - of this process, which has just begun
    _take_places(streams)
    os.environ.clear()
    os.environ.update(request["environment"])
    time.tzset()
    os.chdir(request["cwd"])
    if request["new_session"]:
        os.setsid()
    tempfile.tempdir = None
    signal.signal(signal.SIGINT, signal.default_int_handler)
    words = request["words"]
    _show(words, request["environment"])
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    if os.fork() == 0:
        ours.close()
        nothing = os.open(os.devnull, os.O_RDWR)
        _take_places([nothing, os.dup(nothing), os.dup(nothing)])
        os.chdir("/")  # it may be there for a moment longer than the folder's disk
        _show(["forker"], {})
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # meant for the process beside it
        _be(*_fork_when_asked(theirs))
    theirs.close()
    _own_forker = Forker(ours)
    _run(words)


def _run(words: list[str]) -> None:
    _python, how, what, *others = words
    sys.orig_argv = words
    if how == "-m":
        sys.path[0] = str(Path.cwd())
        sys.argv = [what, *others]
        sys.modules.pop(what, None)  # as if it had not been imported by another
        runpy.run_module(what, run_name="__main__", alter_sys=True)
    else:
        sys.path[0] = ""
        sys.argv = ["-c", *others]
        main = sys.modules["__main__"]
        main.__dict__.clear()
        main.__dict__.update(__name__="__main__", __builtins__=__builtins__)
        exec(compile(what, "<string>", "exec"), main.__dict__)
    raise SystemExit


def _take_places(streams: list[int]) -> None:
    for place, stream in enumerate(streams):
        os.dup2(stream, place)
        os.close(stream)


def _show(words: Sequence[str], environment: Mapping[str, str]) -> None:
    """Have `/proc` show these: they are written over what this process's ancestor was started with."""
    fields = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
    arguments, arguments_end, variables, variables_end = map(int, fields[45:49])
    given = b"".join(os.fsencode(f"{name}={value}") + b"\0" for name, value in environment.items())
    _write(arguments, arguments_end - 1, os.fsencode(" ".join(words)))
    ctypes.memset(arguments_end - 1, ord("."), 1)  # no NUL: Linux ends what it shows at the first one
    _write(variables, variables_end, given)


def _write(start: int, end: int, what: bytes) -> None:
    ctypes.memset(start, 0, end - start)
    ctypes.memmove(start, what, min(len(what), end - start - 1))


def _look_up() -> None:
    """What each process looks up once: the form of notebooks, and the packages that are installed."""
    import nbformat

    from jupyter_mlops.capture.distributions import name_distributions

    for minor in (4, 5):
        nbformat.validate(
            nbformat.from_dict({"nbformat": 4, "nbformat_minor": minor, "metadata": {}, "cells": []})
        )
    name_distributions([{"name": "nbformat", "folder": str(Path(nbformat.__file__).parents[1])}])


def _load() -> None:
    from jupyter_mlops.lean_imports import spare_the_grammar_of_iris

    spare_the_grammar_of_iris()  # as our processes do themselves
    for library in LIBRARIES:
        importlib.import_module(library)
    _look_up()
    assert len(os.listdir("/proc/self/task")) == 1, "a fork has only the thread that forked"  # noqa: PTH208
    gc.collect()
    gc.freeze()


if __name__ == "__main__":
    # Not as `__main__`, whose place the forked programs take.
    import forked_processes

    forked_processes.fork_our_processes()
    forked_processes._load()
    talk = socket.socket(fileno=int(sys.argv[1]))
    talk.send(forked_processes._LOADED)
    forked_processes._be(*forked_processes._fork_when_asked(talk))
