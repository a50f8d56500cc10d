from __future__ import annotations

import json
import time

import pytest
from recorded_kernel import LOAD, StartKernel

from jupyter_mlops.capture.cell_identity import hash_source
from jupyter_mlops.capture.redaction import REDACTED, Redactor

PEM = "-----BEGIN RSA PRIVATE KEY-----\nMIIEow\nIBAAK\n-----END RSA PRIVATE KEY-----"
SHAPES = {
    "AWS": "AKIAIOSFODNN7EXAMPLE",
    "GitHub": "ghp_" + "a1B2" * 9,
    "GitHub, fine-grained": "github_pat_" + "a1B2_" * 8,
    "GitLab": "glpat-" + "x" * 20,
    "Slack": "xoxb-1234567890-abcdef",
    "Google": "AIza" + "b" * 35,
    "OpenAI": "sk-proj-" + "c" * 40,
    "Hugging Face": "hf_" + "d" * 34,
    "JWT": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abc_DEF-123",
    "PEM": PEM,
}


@pytest.mark.parametrize("secret", SHAPES.values(), ids=SHAPES.keys())
def test_a_token_is_known_by_its_shape(secret: str) -> None:
    redactor = Redactor({})
    assert redactor.text(f"before {secret} after") == f"before {REDACTED} after"
    assert json.loads(redactor.to_json({"text": f"before {secret} after"})) == {
        "text": f"before {REDACTED} after"
    }


def test_the_user_and_password_of_an_address_are_taken_out() -> None:
    said = Redactor({}).text("connect('postgresql://bob:hunter2@db/x') # see https://example.org:80/a@b")
    assert said == f"connect('postgresql://{REDACTED}@db/x') # see https://example.org:80/a@b"


@pytest.mark.parametrize(
    ("source", "redacted"),
    [
        ('os.environ["DB_PASSWORD"] = "hunter2!"', f'os.environ["DB_PASSWORD"] = "{REDACTED}"'),
        ("api_key='0123456789'", f"api_key='{REDACTED}'"),
        ("%env MY_TOKEN=abcdefgh", f"%env MY_TOKEN={REDACTED}"),
        ('login(password = "with-dash")', f'login(password = "{REDACTED}")'),
        ('pad_token = "<|endoftext|>"', 'pad_token = "<|endoftext|>"'),
        ('tokenizer = "bert-base-uncased"', 'tokenizer = "bert-base-uncased"'),
        ("password = get_password()", "password = get_password()"),
        ('secret = "short"', 'secret = "short"'),
        ("task-force = risk-" + "a" * 30, "task-force = risk-" + "a" * 30),
    ],
)
def test_what_is_assigned_to_a_secrets_name_is_taken_out_of_source(source: str, redacted: str) -> None:
    assert Redactor({}).source(source) == redacted


def test_the_values_of_secret_variables_are_known_wherever_they_stand() -> None:
    redactor = Redactor({"API_KEY": "open sesame", "HOME": "/home/bob", "SHORT_TOKEN": "abc"})
    record = {"path": "/data/open sesame/x", "n": 3, "list": ["open sesame", None], "home": "/home/bob abc"}
    assert redactor.record(record) == {
        "path": f"/data/{REDACTED}/x",
        "n": 3,
        "list": [REDACTED, None],
        "home": "/home/bob abc",
    }
    redactor.refresh({"NEW_SECRET": 'with "quotes" and ü'})
    assert redactor.text('open sesame, with "quotes" and ü') == f"{REDACTED}, {REDACTED}"
    assert json.loads(redactor.to_json(['with "quotes" and ü'])) == [REDACTED]


def test_a_password_of_digits_does_not_break_a_record() -> None:
    redactor = Redactor({"PASSWORD": "17000000"})
    assert redactor.record({"t0": 1700000000, "text": "17000000"}) == {"t0": 1700000000, "text": REDACTED}


def test_searching_a_cell_takes_microseconds() -> None:
    redactor = Redactor({f"TOKEN_{n}": f"value-{n}-of-it" for n in range(10)})
    source = "frame = pandas.read_csv('data.csv')\nframe['b'] = frame.a.rolling(7).mean()\n" * 5
    started = time.process_time()
    for _ in range(1000):
        redactor.source(source)
    assert (time.process_time() - started) / 1000 < 100e-6


def test_no_text_is_matched_for_long() -> None:
    redactor = Redactor({})
    for text in ("://" + "a" * 100_000, "eyJ" + "a." * 50_000, "password=" * 20_000, "-----BEGIN " * 10_000):
        started = time.process_time()
        redactor.source(text + "PRIVATE KEY token")
        assert time.process_time() - started < 2


def test_no_secret_reaches_the_disk(start_kernel: StartKernel) -> None:
    kernel = start_kernel(SERVICE_TOKEN="open-sesame-1")
    kernel.run(LOAD)
    (kernel.journals.parent / "open-sesame-1").mkdir()
    token = SHAPES["GitHub"]
    cells = [
        f"key = '{token}'; raise ValueError('refused ' + key)",
        "import os; open('open-sesame-1/file.txt', 'w').close()",
        "os.environ['LATER_SECRET'] = 'sesame-' + 'two'",
        "print('sesame-two')",
        "raise RuntimeError('sesame-' + 'two')",
        f"print('''{PEM}''')",
    ]
    for cell in cells:
        kernel.run(cell, tags=["open-sesame-1"])
    text = kernel.journal.read_text()
    for secret in ("open-sesame-1", token, "sesame-two", "MIIEow"):
        assert secret not in text
    begin, end = kernel.record(kernel.run(cells[0]))
    assert begin["source_sha"] == hash_source(cells[0].replace(token, REDACTED))
    assert end["error"]["message"] == f"refused {REDACTED}"
    assert REDACTED in end["traceback"]


def test_a_column_that_is_named_like_a_secret_is_redacted_once_that_is_known(
    start_kernel: StartKernel,
) -> None:
    kernel = start_kernel()
    kernel.run(LOAD)
    kernel.run("import pandas as pd; df = pd.DataFrame({'open-sesame-3': [1]})")
    kernel.run("import os; os.environ['LATER_TOKEN'] = 'open-' + 'sesame-3'; other = df.copy()")
    _, end = kernel.record(kernel.run("df.head()"))
    assert "open-sesame-3" not in kernel.journal.read_text().splitlines()[-3]
    assert end["frames"][0]["columns"] == [[REDACTED, "int64"]]
