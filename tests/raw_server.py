"""A server on this machine that speaks as it is told, byte by byte."""

import socket
import threading
from collections.abc import Callable

Speak = Callable[[socket.socket], None]


class RawServer:
    """Accepts connections and hands each to `speak`; `connections` counts them."""

    def __init__(self) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        self.connections = 0
        self.requests: list[bytes] = []
        self.speak: Speak = answering(b"hello")
        self.closing = threading.Event()
        threading.Thread(target=self._serve, daemon=True).start()

    def url(self, path: str = "/", host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{path}"

    def close(self) -> None:
        self.closing.set()
        self._listening.close()

    def _serve(self) -> None:
        while not self.closing.is_set():
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._handle, args=(connection,), daemon=True).start()

    def _handle(self, connection: socket.socket) -> None:
        with connection:
            connection.settimeout(10)
            try:
                self.requests.append(connection.recv(65_536))
                self.speak(connection)
            except OSError:
                return


def answering(body: bytes, head: str = "200 OK", *headers: str) -> Speak:
    """One whole answer."""
    lines = [f"HTTP/1.1 {head}", f"Content-Length: {len(body)}", *headers, "Connection: close"]
    message = "\r\n".join(lines).encode() + b"\r\n\r\n" + body
    return lambda connection: connection.sendall(message)
