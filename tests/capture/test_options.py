from __future__ import annotations

import re
import sys

import pytest
from recorded_kernel import LOAD, StartKernel

from jupyter_mlops.capture.options import CaptureOptions


@pytest.mark.parametrize(
    ("text", "options"),
    [
        (None, CaptureOptions()),
        ("", CaptureOptions()),
        ("on", CaptureOptions()),
        ("off", CaptureOptions(enabled=False)),
        ("OFF", CaptureOptions(enabled=False)),
        ("frames=off, source=hash", CaptureOptions(frames="off", source="hash")),
        ("frames=hash memory_peak=off", CaptureOptions(frames="hash", memory_peak=False)),
        ('{"outputs": false, "frames": "hash"}', CaptureOptions(outputs="off", frames="hash")),
        ("outputs=content", CaptureOptions(outputs="content")),
        ("outputs=on frames=on", CaptureOptions()),
        ('{"frames": false}', CaptureOptions(frames="off")),
    ],
)
def test_options_are_words_or_json(text: str | None, options: CaptureOptions) -> None:
    assert CaptureOptions.parse(text) == options


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("frame=off", "'frame' is no capture option; there are enabled, source"),
        ("frames=maybe", "frames is shape or hash or off, not 'maybe'"),
        ("outputs=perhaps", "outputs is hash or content or off, not 'perhaps'"),
        ("{broken", "Expecting property name"),
        ("[1]", "is no capture option"),
    ],
)
def test_what_is_no_option_is_refused_by_name(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=re.escape(said)):
        CaptureOptions.parse(text)


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ("off", "capture is switched off by JUPYTER_MLOPS_CAPTURE"),
        ("ouptuts=off", "JUPYTER_MLOPS_CAPTURE is not understood: 'ouptuts' is no capture option"),
    ],
)
def test_a_server_that_says_off_or_cannot_be_understood_has_nothing_recorded(
    start_kernel: StartKernel, said: str, problem: str
) -> None:
    kernel = start_kernel(JUPYTER_MLOPS_CAPTURE=said)
    answer = kernel.run(
        f"{LOAD}\nfrom jupyter_mlops.capture import recorder\nprint(recorder.loaded().problem)"
    )
    assert answer.streams["stdout"].startswith(problem)
    kernel.run("x = 1")
    assert not list(kernel.journals.glob("*"))


def test_a_cell_is_skipped_by_its_tag_or_its_magic_and_nothing_inside_it_is_recorded(
    start_kernel: StartKernel,
) -> None:
    kernel = start_kernel()
    kernel.run(LOAD)
    kernel.run(
        "from IPython.core.magic import register_cell_magic\n"
        "@register_cell_magic\n"
        "def mlops_skip(line, cell): get_ipython().run_cell(cell)"
    )
    before = len(kernel.lines())
    kernel.run("hidden = 1\nget_ipython().run_cell('deeper = 2')", tags=["mlops-skip"])
    assert kernel.run("%%mlops_skip\nalso_hidden = 3\nprint(also_hidden)").streams["stdout"] == "3\n"
    assert len(kernel.lines()) == before
    assert "hidden" not in kernel.journal.read_text()
    begin, end = kernel.record(kernel.run("print(hidden + deeper)"))
    assert (end["status"], end["stdout_bytes"], begin["execution_count"]) == ("ok", 2, 5)
    assert kernel.run("from jupyter_mlops.capture import recorder; print(recorder.active().skipped)").streams[
        "stdout"
    ] == ("2\n")


def test_options_change_from_the_next_cell_on(start_kernel: StartKernel) -> None:
    kernel = start_kernel()
    kernel.run(LOAD)
    configure = "from jupyter_mlops.capture import recorder; recorder.configure({})"
    kernel.run(configure.format("enabled='off'"))
    before = len(kernel.lines())
    kernel.run("paused = 1")
    kernel.run(configure.format("enabled=True, source='hash', outputs=False, memory_peak=False"))
    assert len(kernel.lines()) == before
    begin, end = kernel.record(kernel.run("'a secret text'; 1 / 0"))
    assert "source" not in begin
    assert "traceback" not in end
    assert end["error"] == {"type": "ZeroDivisionError", "message": "division by zero"}
    assert end["memory_peak_bytes"] is None
    assert sys.platform != "linux" or end["rss_bytes"] > 10_000_000
    _, end = kernel.record(kernel.run("'a secret text'"))
    assert end["outputs"] == []
    assert "a secret text" not in kernel.journal.read_text()
    answer = kernel.run(configure.format("colour='red'"))
    assert answer.reply["ename"] == "ValueError"
