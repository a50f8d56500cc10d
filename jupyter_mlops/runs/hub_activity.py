"""Telling a JupyterHub that this user's server is busy, so that it is not culled under a run.

A server that JupyterHub started has the address and a token in its environment, and its workers inherit them.
"""

from __future__ import annotations

import json
import logging
import threading
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

log = logging.getLogger(__name__)
ANSWERS_WITHIN_S = 10.0


@dataclass(frozen=True)
class HubActivity:
    """Where to tell, and as whom.

    Args:
        url: JupyterHub's `/users/NAME/activity`.
        token: of this server.
        server_name: the user's named server; empty for the default one.
    """

    url: str
    token: str
    server_name: str

    @classmethod
    def of_environment(cls, environ: Mapping[str, str]) -> HubActivity | None:
        """As JupyterHub tells its servers; None where there is no hub."""
        url, token = environ.get("JUPYTERHUB_ACTIVITY_URL"), environ.get("JUPYTERHUB_API_TOKEN")
        if not url or not token or not url.startswith(("http://", "https://")):
            return None
        return cls(url, token, environ.get("JUPYTERHUB_SERVER_NAME", ""))

    def tell(self, now: datetime) -> None:
        """Say that there was activity just now; a hub that does not answer is noted in the log."""
        moment = now.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        body = {"servers": {self.server_name: {"last_activity": moment}}, "last_activity": moment}
        request = urllib.request.Request(  # noqa: S310 - http(s) only, see above
            self.url,
            json.dumps(body).encode(),
            {"Authorization": f"token {self.token}", "Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=ANSWERS_WITHIN_S):  # noqa: S310
                return
        except OSError as error:
            log.warning("JupyterHub could not be told of activity: %s", error)

    def tell_in_background(self, now: datetime) -> None:
        """The same, without waiting for the hub."""
        threading.Thread(target=self.tell, args=[now], name="hub-activity", daemon=True).start()
