"""One question over HTTP that is over in time, however slowly it is answered."""

import re
import socket
import time
from collections.abc import Mapping
from http.client import BadStatusLine, HTTPConnection, HTTPSConnection, RemoteDisconnected
from urllib.parse import urlsplit

_STATUS = re.compile(rb"HTTP/1\.\d (\d{3})\b")
_END = b"\r\n\r\n"
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
        return _status(_head(connection.sock, time.monotonic() + patience))
    finally:
        connection.close()


def _head(connected: socket.socket, deadline: float) -> bytes:
    """Read here and not by `getresponse`, whose time-out begins anew with every byte."""
    head = b""
    while _END not in head and len(head) < _LONGEST_HEAD:
        remaining = deadline - time.monotonic()
        if remaining <= 0:
            raise TimeoutError
        connected.settimeout(remaining)
        piece = connected.recv(_PIECE)
        if not piece and not head:
            raise RemoteDisconnected("the connection was closed without an answer")
        if not piece:
            break
        head += piece
    return head


def _status(head: bytes) -> int:
    found = _STATUS.match(head)
    if found is None:
        raise BadStatusLine(head[:40].decode("latin-1"))
    return int(found[1])
