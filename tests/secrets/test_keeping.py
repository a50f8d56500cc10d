"""Secrets are found in the first place that has them, kept for their user alone, and never half written."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from jupyter_mlops.capture.redaction import REDACT
from jupyter_mlops.config import Settings
from jupyter_mlops.errors import BadInputError, NotFoundError
from jupyter_mlops.secrets.keeping import SECRETS_DIR, SecretMissingError, Secrets, variable_of
from jupyter_mlops.secrets.resolving import resolve


def test_the_first_place_that_has_a_secret_wins(settings: Settings, tmp_path: Path) -> None:
    mounted = tmp_path / "mounted"
    mounted.mkdir()
    environ: dict[str, str] = {SECRETS_DIR: str(mounted)}
    secrets = Secrets(settings, environ)
    for name in ("db.pass-word", "other"):
        secrets.keep(name, "kept")
    assert secrets.value("db.pass-word") == "kept"
    (mounted / "db.pass-word").write_text("mounted\n\n")
    assert secrets.value("db.pass-word") == "mounted\n", "one newline at the end is the editor's"
    environ[variable_of("db.pass-word")] = "of the worker"
    assert variable_of("db.pass-word") == "JUPYTER_MLOPS_SECRET_DB_PASS_WORD"
    assert secrets.value("db.pass-word") == "of the worker"
    told = [(place.name, place.source) for place in secrets.all()]
    assert told == [("DB_PASS_WORD", "environment"), ("db.pass-word", "environment"), ("other", "kept")]
    assert all(set(place.as_dict()) == {"name", "source", "place"} for place in secrets.all())


def test_what_is_kept_is_its_users_alone_and_replaced_whole(settings: Settings) -> None:
    secrets = Secrets(settings, {})
    path = secrets.keep("key", "first")
    assert secrets.keep("key", "zweite Zeile\nünd dritte\r\n") == path
    assert secrets.value("key") == "zweite Zeile\nünd dritte"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert [child.name for child in path.parent.iterdir()] == ["key"]
    secrets.delete("key")
    assert secrets.find("key") is None
    with pytest.raises(NotFoundError):
        secrets.delete("key")


@pytest.mark.parametrize("name", ["", ".", "..", "../key", "a/b", "-a", "a b", "a\n", "ä", "a" * 101])
def test_a_name_never_leads_out_of_the_folder(settings: Settings, name: str) -> None:
    secrets = Secrets(settings, {})
    (settings.data_dir / "key").write_text("outside")
    for use in (secrets.find, secrets.value, secrets.delete, lambda name: secrets.keep(name, "x" * 9)):
        with pytest.raises(BadInputError) as refused:
            use(name)
        assert refused.value.field == "name"


@pytest.mark.parametrize("value", ["", "\n", "a\0b", "\ud800", "x" * 65_537])
def test_what_no_variable_can_hold_is_not_kept(settings: Settings, value: str) -> None:
    with pytest.raises(BadInputError, match="secret 'key'"):
        Secrets(settings, {}).keep("key", value)
    assert Secrets(settings, {}).all() == []


def test_a_missing_secret_is_named_with_how_to_set_it(settings: Settings, tmp_path: Path) -> None:
    secrets = Secrets(settings, {SECRETS_DIR: str(tmp_path / "gone")})
    with pytest.raises(SecretMissingError) as missing:
        resolve({"A": "plain", "B": "secret://db-password"}, secrets)
    assert missing.value.reason_code == "secret_missing" and "'db-password'" in missing.value.message
    for way in ("secrets set db-password", "JUPYTER_MLOPS_SECRET_DB_PASSWORD", SECRETS_DIR):
        assert way in str(missing.value.hint)


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b"a\0b", b"x" * 70_000])
def test_a_file_that_holds_no_value_is_told_without_its_content(
    settings: Settings, tmp_path: Path, content: bytes
) -> None:
    (tmp_path / "key").write_bytes(content)
    with pytest.raises(SecretMissingError) as refused:
        Secrets(settings, {SECRETS_DIR: str(tmp_path)}).value("key")
    assert str(tmp_path / "key") in str(refused.value.hint) and "xxx" not in str(refused.value.as_problem())


def test_a_kernel_gets_the_secrets_that_its_job_names_and_no_others(settings: Settings) -> None:
    environ = {
        "HOME": "/home/bob",
        variable_of("db-password"): "open sesame",
        variable_of("other"): "not for this job",
        REDACT: "MINE",
    }
    variables = resolve({"PW": "secret://db-password", "N": "1"}, Secrets(settings, environ))
    assert variables.over(environ) == {
        "HOME": "/home/bob",
        "PW": "open sesame",
        "N": "1",
        REDACT: "MINE,PW",
    }
    assert resolve({}, Secrets(settings, environ)).over({"HOME": "/"}) == {"HOME": "/"}
    assert resolve({"N": "1"}, Secrets(settings, environ)).redactor() is None
