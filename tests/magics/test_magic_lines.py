"""What follows `%mlops`, and how cards show values: without a kernel."""

from __future__ import annotations

import re
from dataclasses import fields

import click
import pytest

from jupyter_mlops.capture.options import CaptureOptions
from jupyter_mlops.cli import cli, in_kernel
from jupyter_mlops.cli.run import run_command
from jupyter_mlops.errors import BadInputError
from jupyter_mlops.magics.arguments import CAPTURE_OPTIONS, COMMANDS, SUBCOMMANDS, options_of, parse_line
from jupyter_mlops.magics.card import Card, Link, State
from jupyter_mlops.magics.mlops import MlopsMagics


def test_the_docstring_explains_every_subcommand_and_option() -> None:
    text = MlopsMagics.mlops.__doc__ or ""
    for name in SUBCOMMANDS:
        assert name == "help" or f"%mlops {name}" in text
        options = in_kernel.options_of(name) if name == "run" else options_of(name)
        for option in {*options} - {"--parameter"}:
            assert re.search(rf"{option}(?![\w-])", text), option
    assert all(f"%mlops {name}" in text for name in COMMANDS)


def test_the_commands_are_those_of_the_command_line() -> None:
    assert set(COMMANDS) <= set(cli.list_commands(click.Context(cli)))
    assert not set(COMMANDS) & set(SUBCOMMANDS)


def test_values_keep_their_quotes_signs_and_spaces() -> None:
    line = "run -p a '[1, 2]' --name 'my job' -p b -0.5 --parameter c --wait -p d=-p=1 -p e -p --wait"
    said = in_kernel.parse_run(parse_line(line).words)
    assert said is not None
    given = {"a": "[1, 2]", "b": "-0.5", "c": "--wait", "d": "-p=1", "e": "-p"}
    assert dict(said.asked.parameters) == given
    assert (said.asked.name, said.wait, said.notebook) == ("my job", True, None)


def test_run_takes_in_a_cell_what_it_takes_on_the_command_line() -> None:
    on_the_command_line = {parameter.name for parameter in run_command.params}
    follows = {"root", "output", "as_json"}  # the place is known, and the card shows the end
    in_a_cell = {parameter.name for parameter in in_kernel.run_in_cell.params}
    assert in_a_cell == on_the_command_line - follows
    said = in_kernel.parse_run(
        parse_line(
            "run --preset big --matrix C=0.1,1 --retries 2 --timeout 60 --priority 5 --register m --alias"
            " champion --gate metric:accuracy>=0.9 --env A=1"
        ).words
    )
    assert said is not None
    assert said.asked.policies == {"max_attempts": 3, "timeout_s": 60.0, "priority": 5}
    assert (said.asked.preset, said.asked.matrix) == ("big", (("C", "0.1,1"),))
    assert said.asked.registration == {"alias": "champion", "gates": ["metric:accuracy>=0.9"]}
    assert said.asked.environment == {"A": "1"}


def test_an_empty_line_is_help() -> None:
    assert parse_line("  ").subcommand == "help"


@pytest.mark.parametrize("line", ["status x", "runs --limit many", "off now"])
def test_a_line_that_is_not_understood_is_refused_with_a_hint(line: str) -> None:
    with pytest.raises(BadInputError) as refusal:
        parse_line(line)
    assert refusal.value.hint


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("-p", "'-p'"),
        ("-p a", "'-p'"),
        ("--matrix C", "'--matrix'"),
        ("--retries many", "'--retries'"),
        ("--evry 5", "--evry"),
        ("extra", "extra"),
    ],
)
def test_a_run_that_is_not_understood_is_refused_with_its_usage(line: str, said: str) -> None:
    with pytest.raises(BadInputError, match=said) as refusal:
        in_kernel.parse_run(line.split())
    assert "%mlops run" in (refusal.value.hint or "")


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
