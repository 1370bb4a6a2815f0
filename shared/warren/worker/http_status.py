"""One question over HTTP that is over in time, however slowly it is answered."""

import re
import socket
import time
from collections.abc import Mapping
from http.client import BadStatusLine, HTTPConnection, HTTPSConnection, RemoteDisconnected
from urllib.parse import urlsplit

_STATUS = re.compile(rb"HTTP/1\.\d (\d{3})\b")
#: What says only that an answer will come; 101 is one.
_INTERIM = re.compile(rb"1(?!01)")
#: Some end their lines without a CR, which whoever reads them may take.
_END = re.compile(rb"\n\r?\n")
#: Bytes before the body; and of one read.
_LONGEST_HEAD, _PIECE = 64 * 1024, 4096


def status_of(url: str, headers: Mapping[str, str], patience: float) -> int:
    """The status with which `GET url` is answered, when all before the body has come.

    Takes `patience` in seconds to connect, and the same again for the answer; only the look-up of
    a name has no bound. Raises TimeoutError, OSError, HTTPException; ValueError or InvalidURL for
    what cannot be sent, which may repeat it.
    """
    parts = urlsplit(url)
    kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=patience)
    try:
        connection.request("GET", parts.path or "/", headers=dict(headers))
        return _status(connection.sock, time.monotonic() + patience)
    finally:
        connection.close()


def _status(connected: socket.socket, deadline: float) -> int:
    """Read here and not by `getresponse`, whose time-out begins anew with every byte."""
    received = b""
    while True:
        head, received = _head(connected, received, deadline)
        found = _STATUS.match(head)
        if found is None:
            raise BadStatusLine(head[:40].decode("latin-1"))
        if not _INTERIM.match(found[1]):
            return int(found[1])


def _head(connected: socket.socket, received: bytes, deadline: float) -> tuple[bytes, bytes]:
    """The next head, and what came with it of what follows."""
    while (end := _END.search(received)) is None and len(received) < _LONGEST_HEAD:
        remaining = deadline - time.monotonic()
        if remaining <= 0:
            raise TimeoutError
        connected.settimeout(remaining)
        piece = connected.recv(_PIECE)
        if not piece and not received:
            raise RemoteDisconnected("the connection was closed without an answer")
        if not piece:
            break
        received += piece
    return (received, b"") if end is None else (received[: end.start()], received[end.end() :])
