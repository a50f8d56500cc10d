"""A kernel that the server started, and its cells executed as JupyterLab does."""

from __future__ import annotations

import json
from typing import Any

from jupyter_client.session import Session


async def start_session(jp_fetch, path: str, kernel: dict[str, str] | None = None) -> dict[str, Any]:
    body = {"path": path, "type": "notebook", "name": path, "kernel": kernel or {"name": "python3"}}
    response = await jp_fetch("api", "sessions", method="POST", body=json.dumps(body), request_timeout=60)
    return dict(json.loads(response.body))


class Cells:
    """Executes cells as JupyterLab does: over the websocket, with the cell's id."""

    def __init__(self, socket: Any) -> None:
        self._socket = socket
        self._session = Session()

    async def execute(self, source: str, cell_id: str) -> None:
        content = {"code": source, "silent": False, "store_history": True, "allow_stdin": False}
        message = self._session.msg("execute_request", content, metadata={"cellId": cell_id})
        message["channel"] = "shell"
        await self._socket.write_message(json.dumps(message, default=str))
        while True:
            answer = json.loads(await self._socket.read_message())
            ours = answer["parent_header"].get("msg_id") == message["header"]["msg_id"]
            if ours and answer["channel"] == "shell":
                assert answer["content"]["status"] == "ok", answer["content"]
                return
