"""What follows `%mlops`, and how cards show values: without a kernel."""

from __future__ import annotations

from dataclasses import fields

import pytest

from jupyter_mlops.capture.options import CaptureOptions
from jupyter_mlops.errors import BadInputError
from jupyter_mlops.magics.arguments import CAPTURE_OPTIONS, SUBCOMMANDS, options_of, parse_line
from jupyter_mlops.magics.card import Card, Link, State
from jupyter_mlops.magics.mlops import MlopsMagics


def test_the_docstring_explains_every_subcommand_and_option() -> None:
    text = MlopsMagics.mlops.__doc__ or ""
    for name in SUBCOMMANDS:
        assert name == "help" or f"%mlops {name}" in text
        for option in options_of(name):
            assert f"{option} " in text, option


def test_values_keep_their_quotes_signs_and_spaces() -> None:
    arguments = parse_line("run -p a '[1, 2]' --name 'my job' -p b -0.5 --parameter c --wait --wait")
    assert arguments.parameters == {"a": "[1, 2]", "b": "-0.5", "c": "--wait"}
    assert (arguments.name, arguments.wait) == ("my job", True)


def test_an_empty_line_is_help() -> None:
    assert parse_line("  ").subcommand == "help"


@pytest.mark.parametrize("line", ["run -p", "run -p a", "status x", "runs --limit many", "off now"])
def test_a_line_that_is_not_understood_is_refused_with_a_hint(line: str) -> None:
    with pytest.raises(BadInputError) as refusal:
        parse_line(line)
    assert refusal.value.hint


def test_a_card_escapes_every_value_and_names_no_colour() -> None:
    evil = "<img src=x onerror=alert(1)>\"'&"
    rows = [[Link(evil, f'"{evil}'), State(evil)]]
    card = Card(evil, [(evil, evil), ("gone", None)], [evil, "State"], rows, [evil])
    html = card.html()
    assert "<img" not in html
    assert "gone" not in html
    assert 'href="&quot;' in html
    assert "#" not in html.replace("&#x27;", "")
    assert "rgb" not in html
    assert evil in card.text()


def test_every_capture_option_is_offered_with_words_that_it_takes() -> None:
    assert list(CAPTURE_OPTIONS) == [field.name for field in fields(CaptureOptions)]
    for name, (words, _) in CAPTURE_OPTIONS.items():
        for word in words:
            assert CaptureOptions().with_changes(**{name: word})
