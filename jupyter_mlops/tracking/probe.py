"""Whether a tracking server answers, asked without importing MLflow."""

from __future__ import annotations

import http.client
import urllib.error
import urllib.request

from jupyter_mlops.config import hide_password
from jupyter_mlops.errors import TrackingUnavailableError

TIMEOUT_S = 3.0


def is_server(uri: str) -> bool:
    """Whether a tracking URI names an HTTP server, rather than a database or a folder."""
    return uri.partition("://")[0].lower() in ("http", "https")


def check_tracking(uri: str, timeout_s: float = TIMEOUT_S) -> None:
    """Ask an HTTP tracking server for its health; other kinds of URI have nothing to ask.

    Raises:
        TrackingUnavailableError: nothing there answers within `timeout_s` seconds.
    """
    if not is_server(uri):
        return
    try:
        request = urllib.request.Request(f"{uri.rstrip('/')}/health")  # noqa: S310 - http(s) by the lines above
        with urllib.request.urlopen(request, timeout=timeout_s):  # noqa: S310
            return
    except urllib.error.HTTPError:
        return  # it speaks HTTP: a server that wants a login, or an older one without /health
    except (OSError, http.client.HTTPException, ValueError) as error:
        cause = getattr(error, "reason", None) or error
        raise TrackingUnavailableError(
            f"The MLflow tracking server {hide_password(uri)} does not answer: {cause}.",
            field="tracking_uri",
            hint="Start it, or correct MLFLOW_TRACKING_URI; unset it to track in this user's own folder.",
        ) from error
