"""Who acts: the name that is kept with decisions and with moves of aliases."""

from __future__ import annotations

from jupyter_server.auth.identity import User

from jupyter_mlops.models.requests import this_user

_NOBODY = "Anonymous"
"""How Jupyter names who came with a token: by chance, and otherwise on each machine."""


def actor_of(user: User) -> str | None:
    """The user's own name as their hub or their password's server knows it, else this machine's user."""
    shown = user.display_name or user.name or ""
    if shown.startswith(_NOBODY):
        return this_user()
    return user.username if user.username and user.username == shown else f"{shown} ({user.username})"
