"""A file in which a worker process tells its slot processes which providers to leave alone.

Moments in it are those of the monotonic clock, which all processes of a machine share.
"""

import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import orjson

from warren.providers.hold import Hold

Clock = Callable[[], float]


def write_notice(
    path: Path,
    holds: Iterable[Hold],
    clock: Clock = time.monotonic,
    released: Mapping[str, float] | None = None,
) -> None:
    """Replace what stands in the file; readers see the old or the new, never a part.

    `released` says when providers were released; a hold beside it began later.
    """
    now = clock()
    rows = [[hold.provider, hold.reason, now + hold.seconds] for hold in holds]
    fresh = path.with_suffix(".new")
    fresh.write_bytes(orjson.dumps({"holds": rows, "released": dict(released or {})}))
    fresh.replace(path)


class NoticeReader:
    """Reads the file when it was replaced. A file that is not there says nothing."""

    def __init__(self, path: Path, clock: Clock = time.monotonic) -> None:
        self._path = path
        self._clock = clock
        self._seen: tuple[int, int, int] | None = None
        self._released: dict[str, float] = {}

    def news(self) -> tuple[list[str], list[Hold]]:
        """Providers released since the last call, and after them what holds, if the file was
        replaced since then; else nothing."""
        document = self._read()
        if document is None:
            return [], []
        released = [
            name
            for name, moment in document["released"].items()
            if moment > self._released.get(name, 0.0)
        ]
        self._released = document["released"]
        now = self._clock()
        rows = document["holds"]
        return released, [Hold(name, why, until - now) for name, why, until in rows if until > now]

    def _read(self) -> Any:
        try:
            state = self._path.stat()
            version = (state.st_ino, state.st_mtime_ns, state.st_size)
            if version == self._seen:
                return None
            document = orjson.loads(self._path.read_bytes())
        except FileNotFoundError:
            return None
        self._seen = version
        return document
