"""A server that speaks the protocols of providers of pictures and prompts, and really paints."""

import base64
import io
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import orjson
from PIL import Image

#: Status, headers and body in place of what the protocol would answer.
Answer = tuple[int, dict[str, str], bytes]


def png(width: int, height: int, colour: tuple[int, int, int] = (200, 30, 60)) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(file, "PNG")
    return file.getvalue()


@dataclass
class PaintingServer:
    """Where it is, what it was asked, and what it answers instead of painting."""

    url: str
    asked: list[tuple[str, dict[str, str], Any]] = field(default_factory=list)
    instead: Callable[[], Answer] | None = None
    #: Whether pictures are given by their address, not in the answer.
    by_address: bool = False
    #: What language models say.
    said: str = '{"prompt": "an old castle, moonlight", "negative_prompt": "people"}'

    def answer_with(self, status: int, body: Any = b"", **headers: str) -> None:
        content = body if isinstance(body, bytes) else orjson.dumps(body)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.instead = lambda: (status, named, content)


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self._serve(None)

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        self._serve(orjson.loads(self.rfile.read(length)))

    def _serve(self, body: Any) -> None:
        state: PaintingServer = self.server.state  # type: ignore[attr-defined]
        state.asked.append((self.path, dict(self.headers), body))
        if state.instead is not None and not self.path.startswith("/files/"):
            status, headers, content = state.instead()
            self._send(status, headers, content)
            return
        self._send(200, *_by_protocol(state, self.path, body))

    def _send(self, status: int, headers: dict[str, str], content: bytes) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        """Tests print nothing."""


def _by_protocol(state: PaintingServer, path: str, body: Any) -> tuple[dict[str, str], bytes]:
    json_type = {"Content-Type": "application/json"}
    parts = urlsplit(path)
    if path.startswith("/files/"):
        return {"Content-Type": "image/png"}, png(64, 64)
    if path.endswith("/images/generations"):
        width, height = map(int, body["size"].split("x"))
        content = base64.b64encode(png(width, height)).decode()
        item = {"url": f"{state.url}/files/1.png"} if state.by_address else {"b64_json": content}
        return json_type, orjson.dumps({"created": 1, "data": [item]})
    if path.endswith("/chat/completions"):
        message = {"role": "assistant", "content": state.said}
        return json_type, orjson.dumps({"choices": [{"index": 0, "message": message}]})
    if path.endswith(":generateContent"):
        said = {"role": "model", "parts": [{"text": state.said}]}
        return json_type, orjson.dumps({"candidates": [{"content": said}]})
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    assert unquote(parts.path).startswith("/prompt/"), path
    return {"Content-Type": "image/png"}, png(int(query["width"]), int(query["height"]))


@contextmanager
def painting_server() -> Iterator[PaintingServer]:
    """One that serves until the end of the block."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    state = PaintingServer(f"http://127.0.0.1:{server.server_address[1]}")
    server.state = state  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
