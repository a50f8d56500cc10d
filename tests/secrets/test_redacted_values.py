"""The value of a secret is taken out of whatever a kernel says, however it is spelled there."""

from __future__ import annotations

import html
import json
import urllib.parse
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_mlops.capture.redaction import REDACT, REDACTED, Redactor, is_secret_name
from jupyter_mlops.runs.redacted_outputs import RedactedOutputs

HOSTILE = [
    "four",
    "p@ss 'word' \"quoted\" \\ back",
    "(a+)+$[^b]{2,}|.*?",
    "größer als ☃ und 🔑",
    "<b>&amp;</b> & more",
    "two\nlines and\ttabs",
    " spaces around ",
    "\x1b[31mred\x1b[0m",
    "-----BEGIN KEY-----\nMIIEowIBAAKCAQEA1234\nabcdefgh5678\n-----END KEY-----",
]


def redactor_of(value: str) -> Redactor:
    return Redactor({"MINE": value, REDACT: "MINE"})


@pytest.mark.parametrize("value", HOSTILE)
@pytest.mark.parametrize(
    "spell",
    [
        str,
        repr,
        ascii,
        json.dumps,
        html.escape,
        urllib.parse.quote_plus,
        lambda value: repr(value.encode()),
        lambda value: json.dumps(value, ensure_ascii=False),
        lambda value: urllib.parse.quote(value, safe=""),
        lambda value: html.escape(value, quote=False),
    ],
)
def test_a_value_is_known_in_every_usual_spelling(value: str, spell: Any) -> None:
    text = spell(value)
    for redact in (redactor_of(value).known, redactor_of(value).text, redactor_of(value).source):
        redacted = redact(f"before {text}, after")
        assert REDACTED in redacted and value not in redacted
        assert redacted.startswith("before ") and redacted.endswith(", after")
        assert not any(word in redacted for word in ("pass", "größer", "MIIEow", "lines", "around"))


def test_each_line_of_a_key_is_known_by_itself() -> None:
    told = redactor_of(HOSTILE[-1]).known("  MIIEowIBAAKCAQEA1234  \nline 2: abcdefgh5678")
    assert told == f"  {REDACTED}  \nline 2: {REDACTED}"


def test_a_value_of_less_than_4_characters_stands_in_every_text_and_is_let_be() -> None:
    assert redactor_of("abc").known("abc abcd") == "abc abcd"
    assert redactor_of("abcd").known("abc abcd") == f"abc {REDACTED}"


@given(st.text(min_size=4).filter(lambda text: text.strip() and "redacted" not in text))
def test_no_value_survives_as_it_is(value: str) -> None:
    if value not in REDACTED:
        assert value not in redactor_of(value).known(f"<{value}>{value}")


def test_only_known_values_are_taken_out_of_what_is_the_users_own() -> None:
    text = "AKIAABCDEFGHIJKLMNOP and postgres://bob:hunter2@db/x"
    assert redactor_of("open sesame").known(text) == text


@pytest.mark.parametrize(
    ("name", "is_secret"),
    [
        ("DB_PASSWORD", True),
        ("github_token", True),
        ("JUPYTER_MLOPS_SECRET_DB", True),
        ("DB_PASSWORD_FILE", False),
        ("JUPYTER_MLOPS_SECRETS_DIR", False),
        ("HOME", False),
        (REDACT, False),
    ],
)
def test_a_variable_is_a_secret_by_its_name(name: str, is_secret: bool) -> None:
    assert is_secret_name(name) is is_secret


def test_every_kind_of_output_is_cleaned_and_pictures_are_left() -> None:
    outputs = RedactedOutputs(redactor_of("open sesame"))
    data = {
        "text/plain": "open sesame",
        "text/html": ["<b>", "open sesame"],
        "application/json": {"open sesame": [1, {"a": "open sesame"}]},
        "image/svg+xml": "<text>open sesame</text>",
        "image/png": "open sesame",
    }
    messages = [
        {"msg_type": "stream", "content": {"name": "stdout", "text": "is open sesame\n"}},
        {"msg_type": "display_data", "content": {"data": data, "metadata": {"x": "open sesame"}}},
        {
            "msg_type": "error",
            "content": {"ename": "E", "evalue": "open sesame", "traceback": ["open sesame"]},
        },
        {"msg_type": "comm_open", "content": {"data": {"state": {"value": "open sesame"}}}},
        {"msg_type": "execute_reply", "content": {"status": "error", "evalue": "open sesame"}},
    ]
    for message in messages:
        outputs.clean_message(message)
    assert messages[1]["content"]["data"].pop("image/png") == "open sesame"
    told = json.dumps(messages)
    assert "open sesame" not in told and told.count(json.dumps(REDACTED)[1:-1]) == 11


def shown(outputs: RedactedOutputs, name: str, text: str) -> str | None:
    """What is shown of a piece that is printed; None when it waits for more."""
    message = {"msg_type": "stream", "content": {"name": name, "text": text}}
    return str(message["content"]["text"]) if outputs.clean_message(message) else None  # type: ignore[index]


def test_a_value_torn_between_messages_is_found_and_its_pieces_are_never_shown() -> None:
    outputs = RedactedOutputs(redactor_of("open sesame"))
    assert shown(outputs, "stdout", "say open ") == "say "
    assert shown(outputs, "stderr", "o") is None
    assert shown(outputs, "stderr", "ops\n") == "oops\n"
    assert shown(outputs, "stdout", "ses") is None
    assert outputs.clean_message({"msg_type": "display_data", "content": {"data": {"text/plain": "x"}}})
    assert shown(outputs, "stdout", "ame\nop") == f"{REDACTED}\n"
    assert outputs.rest() == {"stdout": "op"}
    assert outputs.rest() == {}
    assert shown(outputs, "stdout", "en sesame") == "en sesame"


@given(st.lists(st.tuples(st.sampled_from(["stdout", "stderr"]), st.text("abc", max_size=4)), max_size=40))
def test_however_a_value_is_torn_all_else_is_shown_in_order(pieces: list[tuple[str, str]]) -> None:
    outputs = RedactedOutputs(redactor_of("abcab"))
    printed, said = {"stdout": "", "stderr": ""}, {"stdout": "", "stderr": ""}
    for name, text in pieces:
        printed[name] += text
        said[name] += shown(outputs, name, text) or ""
    for name, text in outputs.rest().items():
        said[name] += text
    assert said == {name: text.replace("abcab", REDACTED) for name, text in printed.items()}
