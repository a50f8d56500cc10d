"""YAML by the types of 1.2, with the line of everything."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jupyter_mlops.jobs.definitions.definition import read_definitions
from jupyter_mlops.jobs.definitions.yaml_lines import DefinitionError, read_yaml


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("on", "on"),
        ("yes", "yes"),
        ("true", True),
        ("12:30", "12:30"),
        ("2026-11-21", "2026-11-21"),
        ("2026-12-01T06:00:00+01:00", "2026-12-01T06:00:00+01:00"),
        ("1e-3", 0.001),
        ("010", "010"),
        ("-7", -7),
        ("0.5", 0.5),
        ("~", None),
        ("", None),
        ("'1'", "1"),
    ],
)
def test_a_scalar_is_what_it_looks_like(text: str, value: object) -> None:
    read = read_yaml(f"a: {text}\n".encode(), "jobs.yaml").data["a"]
    assert (read, type(read)) == (value, type(value))


def test_each_value_has_its_line() -> None:
    document = read_yaml(b"jobs:\n  a:\n    triggers:\n      - kind: cron\n        cron: '@daily'\n", "f")
    assert document.line_of(("jobs", "a", "triggers", 0, "cron")) == 5
    assert document.line_of(("jobs", "a", "nowhere", 1)) == 2
    assert "on" in read_yaml(b"on: any\n", "f").data


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        (b"a: 1\nb: [1,\n", 3, "no YAML"),
        (b"a: 1\nb: 2\na: 3\n", 3, "there twice"),
        (b"a: 1\n---\nb: 2\n", 2, "no YAML"),
        (b"a: \xff\n", 1, "UTF-8"),
        (b"a: !!python/object/apply:os.system [x]\n", 1, "tagged"),
        (b"a: &a [x, x]\nb: &b [*a, *a]\n? [1]\n: 2\n", 1, "key"),
        (b"#" * (2**20 + 1), 1, "1024 KiB"),
        (b"[" * 5000, 1, ""),
        (
            b"a: &a [" + b"x," * 100 + b"]\nb: &b [" + b"*a," * 100 + b"]\nc: [" + b"*b," * 100 + b"]\n",
            3,
            "more than",
        ),
    ],
)
def test_what_is_no_file_of_ours_is_refused_with_its_line(text: bytes, line: int, said: str) -> None:
    with pytest.raises(DefinitionError) as refused:
        read_yaml(text, "jobs.yaml")
    assert said in refused.value.message
    if said:
        found = int(refused.value.message.partition("line ")[2].partition(":")[0])
        assert abs(found - line) <= (2 if "more than" in said else 0)


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="jobs:nteki- []{}&*!'\"\n#1.", max_size=60))
def test_no_text_makes_anything_but_definitions_or_a_refusal(text: str) -> None:
    try:
        read_definitions(text.encode(), "jobs.yaml")
    except DefinitionError as refused:
        assert refused.message.startswith("jobs.yaml, line ")
