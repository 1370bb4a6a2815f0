"""A receiver of webhooks as customers have them: it verifies with the reference implementation."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from standardwebhooks.webhooks import Webhook


@dataclass(frozen=True)
class Received:
    """A message as it came."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        """The same for every attempt."""
        return self.headers["webhook-id"]

    def verified(self, secret: str) -> dict[str, Any]:
        """What it says; raises WebhookVerificationError."""
        told: dict[str, Any] = Webhook(secret).verify(self.body, self.headers)
        return told


#: What is answered to a message: a status, perhaps after a while.
Answer = Callable[[Received], int]


class WebhookReceiver:
    """Keeps what it is sent, and answers as `answer` says; 200 at first."""

    def __init__(self) -> None:
        self.received: list[Received] = []
        self.answer: Answer = lambda message: 200
        self.closing = threading.Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                outer._take(self)

            def log_message(self, *_: object) -> None:
                """Nothing is printed."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        """Where messages are taken."""
        return f"http://127.0.0.1:{self.port}/hooks"

    def close(self) -> None:
        """Take no more."""
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()

    def of_type(self, type_: str) -> list[Received]:
        """What has come of this type."""
        mark = f'"type":"{type_}"'.encode()
        return [message for message in list(self.received) if mark in message.body]

    def _take(self, request: BaseHTTPRequestHandler) -> None:
        body = request.rfile.read(int(request.headers["Content-Length"]))
        headers = {name.lower(): value for name, value in request.headers.items()}
        message = Received(request.path, headers, body)
        self.received.append(message)
        request.send_response(self.answer(message))
        request.send_header("Content-Length", "2")
        request.end_headers()
        request.wfile.write(b"ok")


@contextmanager
def webhook_receiver() -> Iterator[WebhookReceiver]:
    """A receiver for a block."""
    receiver = WebhookReceiver()
    try:
        yield receiver
    finally:
        receiver.close()
