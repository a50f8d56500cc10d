"""Channels: named everywhere, their addresses nowhere but in one file of this user's only."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from jupyter_mlops.errors import BadInputError, NotFoundError, StoreError
from jupyter_mlops.notifications import notifiers
from jupyter_mlops.notifications.channels import Channel, Channels
from jupyter_mlops.notifications.message import Message
from jupyter_mlops.notifications.notifiers import NotDeliveredError, send

MESSAGE = Message("test", "a title", "a body")
URL = "json://user:t0p-s3cret@127.0.0.1:9/hook"


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    channels = Channels(tmp_path, {"JUPYTER_MLOPS_CHANNEL_TEAM_MAIL": "mailto://b", "OTHER": "x://y"})
    channels.set("team-mail", "mailto://a")
    channels.set("hook", URL)
    assert [(c.name, c.kind, c.source) for c in channels.all()] == [
        ("hook", "json", "file"),
        ("team-mail", "mailto", "environment"),
    ]
    assert channels.named("team-mail").url == "mailto://b"


def test_the_file_is_this_users_only_whatever_the_umask(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "data"
    Channels(folder, {}).set("hook", URL)
    kept = folder / "channels.json"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert [path.name for path in folder.iterdir()] == ["channels.json"]
    kept.chmod(0o640)
    with pytest.raises(StoreError, match="Others can read"):
        Channels(folder, {}).all()


@pytest.mark.parametrize("text", ["{", '["json://t0p-s3cret"]', '{"hook": 3, "mail": "no address"}', "\xff"])
def test_a_file_that_was_edited_badly_never_shows_what_is_in_it(tmp_path: Path, text: str) -> None:
    path = tmp_path / "channels.json"
    path.write_text(text, "latin-1")
    path.chmod(0o600)
    try:
        assert Channels(tmp_path, {}).all() == []
    except StoreError as error:
        assert error.__suppress_context__ and "s3cret" not in str(error.as_problem())
        assert "it is no JSON" in error.message


@pytest.mark.parametrize("url", ["", "mailto:a@b", "json://a\nb", "json://[::1"])
def test_what_is_no_address_is_refused_and_not_repeated(tmp_path: Path, url: str) -> None:
    with pytest.raises(BadInputError) as refused:
        Channels(tmp_path, {}).set("hook", url)
    assert refused.value.field == "address" and (not url or url not in refused.value.message)


def test_what_is_not_there_cannot_be_named_or_removed(tmp_path: Path) -> None:
    channels = Channels(tmp_path, {})
    with pytest.raises(NotFoundError):
        channels.named("hook")
    with pytest.raises(NotFoundError):
        channels.remove("hook")


def install_plugin(folder: Path, monkeypatch: pytest.MonkeyPatch, source: str) -> None:
    """As `pip install` does: a module, and metadata that has its entry point."""
    (folder / "pager_plugin.py").write_text(source)
    metadata = folder / "pager_plugin-1.dist-info"
    metadata.mkdir(exist_ok=True)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: pager-plugin\nVersion: 1\n")
    (metadata / "entry_points.txt").write_text(f"[{notifiers.GROUP}]\npager = pager_plugin:send\n")
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.delitem(__import__("sys").modules, "pager_plugin", raising=False)


def test_a_plugin_sends_what_its_scheme_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = """
        import json, pathlib
        def send(url, message):
            text = json.dumps([url, message.title, message.body])
            pathlib.Path(__file__).with_name("sent").write_text(text)
    """
    install_plugin(tmp_path, monkeypatch, "\n".join(line[8:] for line in source.splitlines()))
    send(Channel("duty", "pager://42", "file"), MESSAGE)
    assert json.loads((tmp_path / "sent").read_text()) == ["pager://42", "a title", "a body"]


def test_a_plugin_that_fails_tells_nothing_of_the_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install_plugin(
        tmp_path,
        monkeypatch,
        "def send(url, message): raise OSError('no route to ' + url + ' by t0p%s3cret')",
    )
    with pytest.raises(NotDeliveredError) as refused:
        send(Channel("duty", "pager://t0p%25s3cret/42-17?key=abcdef", "file"), MESSAGE)
    assert refused.value.__suppress_context__
    assert refused.value.message == "The channel 'duty' failed: OSError: no route to *** by ***"


def test_an_address_that_apprise_does_not_know_is_said_so() -> None:
    with pytest.raises(NotDeliveredError, match="does not know"):
        send(Channel("hook", "nosuchscheme://t0p-s3cret", "file"), MESSAGE)
