"""A little HTTP server in this process that notes what it is asked, and answers what it is told."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class RecordingServer(ThreadingHTTPServer):
    """`answers` are given one after the other, then 202 with `body`; 0 hangs up instead."""

    def __init__(self, body: bytes = b"") -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.body = body
        self.answers: list[int] = []
        self.asked: list[str] = []

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: RecordingServer

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.asked.append(self.path)
        code = self.server.answers.pop(0) if self.server.answers else 202
        if not code:
            self.close_connection = True
            return
        self.send_response(code)
        self.send_header("Content-Length", str(len(self.server.body)))
        self.end_headers()
        self.wfile.write(self.server.body)

    do_DELETE = do_POST  # noqa: N815 - as http.server names them

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Nothing: the test says what it expects."""


@contextmanager
def recording_server(body: bytes = b"") -> Iterator[RecordingServer]:
    """One that runs within the block."""
    server = RecordingServer(body)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
