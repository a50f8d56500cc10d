"""`jupyter mlops notifications`, `notify`: what was told about runs, and the channels that tell it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from jupyter_mlops.cli.options import all_roots_option, json_option, limit_option, root_option
from jupyter_mlops.cli.output import echo_json, print_table
from jupyter_mlops.readable import show_moment

if TYPE_CHECKING:
    from jupyter_mlops.notifications.channels import Channels


@click.command("notifications")
@click.option("--unseen", is_flag=True, help="Only what nobody has seen.")
@click.option("--channel", metavar="NAME", help="Only what this channel tells.")
@click.option("--mark-seen", is_flag=True, help="Then say of all that they were seen.")
@limit_option
@root_option
@all_roots_option
@json_option
def notifications_command(
    unseen: bool,
    channel: str | None,
    mark_seen: bool,
    limit: int,
    root: str | None,
    all_roots: bool,
    as_json: bool,
) -> None:
    """List what was told about runs, newest first, and what became of it."""
    from jupyter_mlops.notebooks.places import Scope
    from jupyter_mlops.notifications import inbox
    from jupyter_mlops.workspace import Workspace

    scope, workspace = Scope.of(None, root, all_roots), Workspace()
    page = workspace.list_notifications(scope, limit, unseen=unseen, channel=channel)
    if mark_seen:
        with workspace.store.session() as session:
            inbox.mark_seen(session, None if scope.root is None else str(scope.root))
    if as_json:
        items = [inbox.notification_as_dict(row) for row in page.items]
        echo_json({"items": items, "next_cursor": page.next_cursor})
        return
    print_table(
        ("When", "What", "Run", "Channel", "State", "Problem"),
        (
            (show_moment(row.created_at), row.title, row.run_id, row.channel, row.state, row.problem)
            for row in page.items
        ),
        "Nothing was told.",
    )


@click.command("notify")
@click.option("--test", "tested", metavar="CHANNEL", help="Send a test message by a channel, now.")
@click.option("--set", "made", metavar="CHANNEL", help="Set a channel up: its address is asked for.")
@click.option("--remove", "removed", metavar="CHANNEL", help="Forget a channel.")
@json_option
def notify_command(tested: str | None, made: str | None, removed: str | None, as_json: bool) -> None:
    """List the channels by which runs are told, or set up, test or forget one.

    An address is apprise's, as in mailto://user:password@example.org or slack://A/B/C/#channel, and is read
    from the terminal or from standard input, never from an option, as it holds a password. It is kept in a
    file that only you can read. JUPYTER_MLOPS_CHANNEL_TEAM_MAIL in the worker's environment is the channel
    team-mail, too. A job's policy `notify` says which events it tells.
    """
    from jupyter_mlops.config import Settings
    from jupyter_mlops.notifications.channels import Channels
    from jupyter_mlops.notifications.notifiers import send_test

    asked = [name for name in (tested, made, removed) if name is not None]
    if len(asked) > 1:
        raise click.UsageError("Only one of --test, --set and --remove.")
    channels = Channels(Settings.load().data_dir)
    if not asked:
        _list_channels(channels, as_json)
        return
    if tested is not None:
        send_test(channels, tested)
    elif made is not None:
        channels.set(made, _read_address(as_json))
    else:
        channels.remove(asked[0])
    word = "sent" if tested else "set" if made else "removed"
    if as_json:
        echo_json({"channel": asked[0], "done": word})
    else:
        click.echo(_SENTENCES[word].format(name=asked[0]))


_SENTENCES = {
    "sent": "The channel {name} has taken a test message.",
    "set": "The channel {name} is set up; `jupyter mlops notify --test {name}` tries it.",
    "removed": "The channel {name} is forgotten.",
}


def _list_channels(channels: Channels, as_json: bool) -> None:
    found = [channel.as_dict() for channel in channels.all()]
    if as_json:
        echo_json({"items": found})
        return
    print_table(
        ("Channel", "Kind", "Set up in"),
        [("jupyterlab", "list and toast", None), *((c["name"], c["kind"], c["source"]) for c in found)],
        "",
    )


def _read_address(as_json: bool) -> str:
    if as_json or not sys.stdin.isatty():
        return sys.stdin.readline()
    address: str = click.prompt("Address (not shown)", hide_input=True)
    return address
