"""Places where notifications arrive: a mail server and a web server, real ones, on this machine."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session


@dataclass
class MailServer:
    """What an SMTP server has taken."""

    mails: list[EmailMessage] = field(default_factory=list)
    port: int = 0

    @property
    def url(self) -> str:
        return f"mailto://127.0.0.1:{self.port}/team@example.org?from=mlops@example.org"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        content = envelope.original_content or b""
        self.mails.append(message_from_bytes(content, policy=policy.default))  # type: ignore[arg-type]
        return "250 taken"


class FreePortController(Controller):
    """Serves on the port that the system gave it."""

    def _trigger_server(self) -> None:
        assert self.server is not None
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@contextmanager
def mail_server() -> Iterator[MailServer]:
    server = MailServer()
    controller = FreePortController(server, hostname="127.0.0.1", port=0)
    controller.start()
    server.port = controller.port
    try:
        yield server
    finally:
        controller.stop()


@dataclass
class WebServer:
    """What was posted to an HTTP server, and what it answers with; `hold` it to keep it from answering."""

    posts: list[dict[str, Any]] = field(default_factory=list)
    status: int = 200
    port: int = 0
    asked: threading.Event = field(default_factory=threading.Event)
    answers: threading.Event = field(default_factory=threading.Event)
    TOKEN: str = "t0p-s3cret-token"

    @property
    def url(self) -> str:
        return f"json://user:{self.TOKEN}@127.0.0.1:{self.port}/hooks/{self.TOKEN}"

    def titles(self) -> list[str]:
        return [post["title"] for post in self.posts]


@contextmanager
def web_server(port: int = 0) -> Iterator[WebServer]:
    sink = WebServer()
    sink.answers.set()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            sink.asked.set()
            sink.answers.wait(120)
            if sink.status == 200:
                sink.posts.append(body)
            self.send_response(sink.status)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    sink.port = server.server_address[1]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield sink
    finally:
        sink.answers.set()
        server.shutdown()
        server.server_close()
