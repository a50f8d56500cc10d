"""What a cell puts out, as it is shown live: plain text within bounds, however much comes."""

from __future__ import annotations

import nbformat.v4 as v4

from jupyter_mlops.runs.live.outputs import (
    MAX_CHARS,
    MAX_PIECES,
    LiveOutput,
    OutputBuffer,
    output_of_message,
    outputs_of_cell,
)


def stream(text: str, name: str = "stdout") -> dict[str, object]:
    return {"msg_type": "stream", "content": {"name": name, "text": text}}


def test_a_stream_goes_on_in_one_piece_until_another_comes() -> None:
    buffer = OutputBuffer()
    for output in (
        LiveOutput(0, "stdout", "a"),
        LiveOutput(0, "stdout", "b\n"),
        LiveOutput(0, "stderr", "c"),
        LiveOutput(1, "stderr", "d"),
    ):
        buffer.add(output)
    assert [(piece.index, piece.name, piece.text) for piece in buffer.take()] == [
        (0, "stdout", "ab\n"),
        (0, "stderr", "c"),
        (1, "stderr", "d"),
    ]
    assert buffer.take() == []


def test_what_waits_for_more_of_its_stream_goes_on_though_another_came_between() -> None:
    buffer = OutputBuffer()
    for name, text in (("stdout", "a b"), ("stderr", "c"), ("stdout", "B d"), ("stderr", "b")):
        buffer.add(LiveOutput(0, name, text))

    def unfinished(piece: LiveOutput) -> int:
        return len(piece.text) - len(piece.text.rstrip("b"))

    taken = [(piece.name, piece.text) for piece in buffer.take(unfinished)]
    assert taken == [("stdout", "a "), ("stderr", "c"), ("stdout", "bB d")]
    buffer.add(LiveOutput(0, "stdout", "e"))
    buffer.add(LiveOutput(0, "stderr", "B"))
    taken = [(piece.name, piece.text) for piece in buffer.take(unfinished)]
    assert taken == [("stdout", "e"), ("stderr", "bB")]
    assert buffer.take() == []


def test_of_what_is_too_much_the_newest_is_kept_and_the_rest_counted() -> None:
    buffer = OutputBuffer()
    for _ in range(1_000):
        buffer.add(LiveOutput(0, "stdout", "0123456789" * 100))
    (piece,) = buffer.take()
    assert len(piece.text) == MAX_CHARS and len(piece.text) + piece.dropped == 1_000_000


def test_many_small_results_are_bounded_too() -> None:
    buffer = OutputBuffer()
    for n in range(10_000):
        buffer.add(LiveOutput(0, "result", f"{n}\n"))
    pieces = buffer.take()
    assert len(pieces) == MAX_PIECES and pieces[-1].text == "9999\n"
    assert sum(len(piece.text) + piece.dropped for piece in pieces) == sum(
        len(f"{n}\n") for n in range(10_000)
    )


def test_each_kind_of_message_is_told_as_plain_text() -> None:
    said = output_of_message(2, stream("\x1b[31mred\x1b[0m\x1b]0;title\n"))
    assert said is not None and said.name == "stdout" and "\x1b" not in said.text and "red" in said.text
    data = {"text/plain": "<Figure>", "image/png": "aGk="}
    shown = output_of_message(0, {"msg_type": "display_data", "content": {"data": data}})
    assert shown == LiveOutput(0, "display", "<Figure>\n")
    image = output_of_message(0, {"msg_type": "execute_result", "content": {"data": {"image/png": "aGk="}}})
    assert image == LiveOutput(0, "result", "(image/png)\n")
    error = {"msg_type": "error", "content": {"ename": "ValueError", "evalue": "no", "traceback": []}}
    assert output_of_message(0, error) == LiveOutput(0, "error", "ValueError: no\n")
    assert output_of_message(0, {"msg_type": "status", "content": {"execution_state": "busy"}}) is None


def test_an_executed_cell_tells_the_same_as_its_messages() -> None:
    cell = v4.new_code_cell(
        outputs=[
            v4.new_output("stream", name="stdout", text="one\n"),
            v4.new_output("execute_result", data={"text/plain": "2"}, execution_count=1),
            v4.new_output("error", ename="KeyError", evalue="'c'", traceback=["..."]),
        ]
    )
    assert [output.text for output in outputs_of_cell(0, cell.outputs)] == ["one\n", "2\n", "KeyError: 'c'\n"]
