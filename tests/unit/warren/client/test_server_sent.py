"""Server-sent events out of pieces that end anywhere."""

import pytest

from warren.client.calls.server_sent import ServerSent, ServerSentParser

STREAM = (
    "\ufeffretry: 1000\n\n: a comment\n\nid: 1\nevent: status\ndata: {\"a\": 1}\n\n"
    "event: part\r\ndata:first\r\ndata: зв\r\n\r\nunknown: x\ndata: plain\rid: 7\r\r"
    "event: without data\n\ndata: cut off"
).encode()  # fmt: skip
EVENTS = [
    ServerSent("status", '{"a": 1}', "1"),
    ServerSent("part", "first\nзв", None),
    ServerSent("message", "plain", "7"),
]


@pytest.mark.parametrize("size", [1, 2, 3, 5, 7, 64, len(STREAM)])
def test_events_are_the_same_however_the_stream_is_cut(size: int) -> None:
    parser = ServerSentParser()

    pieces = [STREAM[start : start + size] for start in range(0, len(STREAM), size)]

    assert [event for piece in pieces for event in parser.feed(piece)] == EVENTS
