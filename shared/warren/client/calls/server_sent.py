"""Server-sent events (WHATWG HTML, section 9.2) out of bytes as they come."""

import codecs
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ServerSent:
    """An event; `id` is None where it has none of its own."""

    event: str
    data: str
    id: str | None


class ServerSentParser:
    """Is fed pieces that may end anywhere, in a character or between CR and LF, too."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")("replace")
        self._rest = ""
        self._data: list[str] = []
        self._event = ""
        self._id: str | None = None

    def feed(self, piece: bytes) -> list[ServerSent]:
        """The events that end in this piece; comments are none."""
        text = self._rest + self._decoder.decode(piece)
        # A CR at the end may be half of a line's end.
        held = "\r" if text.endswith("\r") else ""
        *lines, last = _lines(text.removesuffix(held))
        self._rest = last + held
        found = (self._line(line) for line in lines)
        return [event for event in found if event is not None]

    def _line(self, line: str) -> ServerSent | None:
        if not line:
            return self._end()
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "data":
            self._data.append(value)
        elif name == "event":
            self._event = value
        elif name == "id" and "\0" not in value:
            self._id = value
        return None

    def _end(self) -> ServerSent | None:
        data, event, event_id = self._data, self._event, self._id
        self._data, self._event, self._id = [], "", None
        return ServerSent(event or "message", "\n".join(data), event_id) if data else None


def _lines(text: str) -> list[str]:
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
