"""The Python interface to what is told about runs, and to the channels that tell it.

jupyter_mlops.set_channel("team-mail", getpass.getpass("Address: "))
jupyter_mlops.send_test("team-mail")
jupyter_mlops.list_notifications(unseen=True)
"""

from __future__ import annotations

import os
from typing import Any

from jupyter_mlops.config import Settings
from jupyter_mlops.notebooks.places import Scope
from jupyter_mlops.notifications import notifiers
from jupyter_mlops.notifications.channels import Channels
from jupyter_mlops.notifications.inbox import notification_as_dict
from jupyter_mlops.workspace import Workspace

__all__ = ["list_channels", "list_notifications", "remove_channel", "send_test", "set_channel"]


def list_notifications(
    *,
    unseen: bool = False,
    channel: str | None = None,
    root: str | os.PathLike[str] | None = None,
    all_roots: bool = False,
    limit: int = 25,
) -> list[dict[str, Any]]:
    """What was told about runs, newest first, each as `Notification` in the REST schema.

    Args:
        unseen: only what nobody has seen in JupyterLab.
        channel: only what this channel tells.
        root: of runs under this folder, by default the current one.
        all_roots: those of every root.
        limit: how many at most, from 1 to 200.

    Raises:
        BadInputError: the limit is out of bounds.
        NotFoundError: there is no such root.
    """
    scope = Scope.of(None, root, all_roots)
    page = Workspace().list_notifications(scope, limit, unseen=unseen, channel=channel)
    return [notification_as_dict(row) for row in page.items]


def list_channels() -> list[dict[str, str]]:
    """The channels that are set up, each as `Channel` in the REST schema: without their addresses.

    Raises:
        StoreError: the file of channels cannot be read, or others can read it.
    """
    return [channel.as_dict() for channel in _channels().all()]


def set_channel(name: str, address: str) -> dict[str, str]:
    """Set a channel up, or change its address; which is kept in a file that only you can read.

    Args:
        name: what policies call it: lower-case letters, digits, - and _.
        address: apprise's, as in `mailto://user:password@example.org`. It holds a password: do not write it
            into a cell, but read it from `getpass.getpass()`.

    Raises:
        BadInputError: no channel can be called so, or it is no address.
        StoreError: the file of channels cannot be read or written.
    """
    return _channels().set(name, address).as_dict()


def remove_channel(name: str) -> None:
    """Forget a channel.

    Raises:
        NotFoundError: none of that name was set up by `set_channel` or `jupyter mlops notify --set`.
    """
    _channels().remove(name)


def send_test(name: str) -> None:
    """Send a test message by a channel, now.

    Raises:
        NotFoundError: none of that name is set up.
        NotDeliveredError: it did not get through; what is said of why holds nothing of the address.
    """
    notifiers.send_test(_channels(), name)


def _channels() -> Channels:
    return Channels(Settings.load().data_dir)
