"""Control messages, good and bad."""

from datetime import UTC, datetime
from typing import Any

import orjson

from gateway.recording.control import read_control


def beat(incarnation: str, **more: Any) -> bytes:
    now = datetime.now(UTC).isoformat()
    fields = {"name": "w", "service": "tts", "release": "1", "host": "h", "pid": 1}
    return orjson.dumps(
        {"type": "beat", "incarnation": incarnation, "started_at": now, "at": now, **fields, **more}
    )


def test_only_the_last_beat_of_a_process_counts() -> None:
    said, rejected = read_control([beat("a", pid=1), beat("b"), beat("a", pid=2)])

    assert [(s.message.incarnation, s.message.pid) for s in said] == [("a", 2), ("b", 1)]  # type: ignore[union-attr]
    assert rejected == []


def test_what_is_neither_beat_nor_announcement_is_rejected() -> None:
    said, rejected = read_control([b"{", b'{"type": "gossip"}', beat("a")])

    assert len(said) == 1
    assert [item.body for item in rejected] == [b"{", b'{"type": "gossip"}']
