"""In the languages that can be asked here, a hostile value is the value, and changes nothing else."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
from pathlib import Path

import pytest
from papermill.translators import papermill_translators

from jupyter_mlops.errors import ParameterError
from jupyter_mlops.notebooks.parameters import Parameter, ParameterSet, validate_parameters
from jupyter_mlops.runs import translators

COUNT = 1000
PIECES = [
    *"\"'`\\$%!;#(){}[]<>|&*?~ \n\r\t\0",
    *("$(id)", "`id`", "${x}", "\\", "\\\\", '\\"', "'''", '"""', "*/", "%s", "#{x}", "\u2028", "é", "😀"),
    *("a", "1", "; y <- 2", "\n y = 2\n", "system('id')", "rm -rf /", "\\u0022", "\\x22", "NA", "TRUE"),
]


def hostile_texts() -> list[str]:
    chance = random.Random(20261121)
    return ["".join(chance.choices(PIECES, k=chance.randint(1, 8))) for _ in range(COUNT)]


def written(language: str) -> list[tuple[str, str]]:
    """The texts that are let through, each with the line that papermill writes for it."""
    known = ParameterSet((Parameter("x", "str"),), has_cell=True, language=language)
    translators.install()
    found = []
    for text in hostile_texts():
        try:
            validate_parameters(known, {"x": text})
        except ParameterError:
            continue
        translator = papermill_translators.find_translator(None, {"r": "R"}.get(language, language))
        found.append((text, translator.assign("x", translator.translate(text))))
    return found


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("Rscript") is None, reason="R is not installed")
def test_r_reads_each_hostile_text_as_that_text(tmp_path: Path) -> None:
    lines = written("r")
    assert len(lines) > COUNT / 2
    (tmp_path / "lines.json").write_text(json.dumps([line for _, line in lines]))
    for number, (_, line) in enumerate(lines):
        (tmp_path / f"{number}.R").write_text(line, encoding="utf-8")
    (tmp_path / "read.R").write_text(
        f"""
        for (n in 0:{len(lines) - 1}) {{
          code <- parse(file = paste0(n, ".R"), encoding = "UTF-8")
          ok <- length(code) == 1 && is.call(code[[1]]) && identical(as.character(code[[1]][[1]]), "=")
          ok <- ok && identical(as.character(code[[1]][[2]]), "x") && is.character(code[[1]][[3]])
          cat(if (ok) paste(utf8ToInt(enc2utf8(code[[1]][[3]])), collapse = " ") else "broken", "\\n")
        }}
        """
    )
    done = subprocess.run(
        ["Rscript", "read.R"], cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    read = [line.strip() for line in done.stdout.splitlines()]
    expected = [" ".join(str(ord(character)) for character in text) for text, _ in lines]
    assert read == expected


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")
def test_bash_reads_each_hostile_text_as_that_text(tmp_path: Path) -> None:
    lines = written("bash")
    assert len(lines) > COUNT / 2
    script = "\n".join(f"{line}\nprintf '%s\\0' \"$x\"" for _, line in lines)
    (tmp_path / "all.sh").write_bytes(script.encode())
    done = subprocess.run(
        ["bash", "--restricted", "all.sh"], cwd=tmp_path, capture_output=True, timeout=60, check=False
    )
    assert done.stdout.split(b"\0")[:-1] == [text.encode() for text, _ in lines], done.stderr[:500]


ESCAPED = [
    ("R", 'é\\"\n', '"\\u00e9\\\\\\"\\n"'),
    ("julia", "\U0001f600", '"\\U0001f600"'),
    ("scala", "\U0001f600\x85", '"\\ud83d\\ude00\\u0085"'),
    (".net-csharp", "\xe9a", '"\\u00e9a"'),
    (".net-fsharp", "\0", '"\\u0000"'),
]


@pytest.mark.parametrize(("language", "text", "literal"), ESCAPED)
def test_what_is_not_plain_ascii_is_written_by_its_number(language: str, text: str, literal: str) -> None:
    translators.install()
    translators.install()
    assert papermill_translators.find_translator(None, language).translate([text]).count(literal) == 1


@pytest.mark.parametrize("language", ["powershell", "matlab"])
@pytest.mark.parametrize("text", ["a\\b", "é", "a\nb"])
def test_a_text_that_would_come_out_another_is_refused(language: str, text: str) -> None:
    known = ParameterSet((Parameter("x", "str"),), has_cell=True, language=language)
    with pytest.raises(ParameterError, match="cannot be passed"):
        validate_parameters(known, {"x": text})
