"""`jupyter mlops ui`: MLflow's UI."""

from __future__ import annotations

import signal
import webbrowser

import click


@click.command("ui")
@click.option(
    "--port", type=click.IntRange(0, 65535), help="0 for any free one.  [default: 5000 if it is free]"
)
@click.option("--browser/--no-browser", default=True, help="Open it in a browser.  [default: browser]")
def ui_command(port: int | None, browser: bool) -> int:
    """Open MLflow's UI on what was tracked: runs, metrics, models.

    A tracking server has its UI itself, which is opened. Otherwise one is served for this machine only, until
    Ctrl-C.
    """
    from jupyter_mlops.config import Settings, hide_password
    from jupyter_mlops.tracking.ui import UiServer, is_server

    settings = Settings.load()
    if is_server(settings):
        click.echo(f"MLflow's UI is at {hide_password(settings.tracking_uri)}")
        _open(settings.tracking_uri, browser)
        return 0
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that MLflow ends with us then, too
    with UiServer(settings, port) as server:
        click.echo("Starting MLflow…", err=True)
        server.wait_until_ready()
        click.echo(f"MLflow's UI is at {server.url} (Ctrl-C ends it)")
        _open(server.url, browser)
        try:
            return server.wait()
        except KeyboardInterrupt:
            return 0


def _open(url: str, browser: bool) -> None:
    if browser:
        webbrowser.open(url)
