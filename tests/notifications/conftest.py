"""What the tests of notifications share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sinks import MailServer, WebServer, mail_server, web_server

from jupyter_mlops.notifications.channels import Channels


@pytest.fixture
def mail() -> Iterator[MailServer]:
    with mail_server() as server:
        yield server


@pytest.fixture
def web() -> Iterator[WebServer]:
    with web_server() as server:
        yield server


@pytest.fixture
def channels(tmp_path: Path) -> Channels:
    """No channel is set up yet."""
    return Channels(tmp_path / "data", {})
