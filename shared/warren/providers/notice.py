"""A file in which a worker process tells its slot processes which providers to leave alone.

Moments in it are those of the monotonic clock, which all processes of a machine share.
"""

import time
from collections.abc import Callable, Iterable
from pathlib import Path

import orjson

from warren.providers.hold import Hold

Clock = Callable[[], float]


def write_notice(path: Path, holds: Iterable[Hold], clock: Clock = time.monotonic) -> None:
    """Replace what stands in the file; readers see the old or the new, never a part."""
    now = clock()
    rows = [[hold.provider, hold.reason, now + hold.seconds] for hold in holds]
    fresh = path.with_suffix(".new")
    fresh.write_bytes(orjson.dumps(rows))
    fresh.replace(path)


class NoticeReader:
    """Reads the file when it was replaced. A file that is not there says nothing."""

    def __init__(self, path: Path, clock: Clock = time.monotonic) -> None:
        self._path = path
        self._clock = clock
        self._seen: tuple[int, int, int] | None = None

    def news(self) -> list[Hold]:
        """What stands there, if it was replaced since the last call; else nothing."""
        try:
            state = self._path.stat()
            version = (state.st_ino, state.st_mtime_ns, state.st_size)
            if version == self._seen:
                return []
            rows = orjson.loads(self._path.read_bytes())
        except FileNotFoundError:
            return []
        self._seen = version
        now = self._clock()
        return [Hold(name, reason, until - now) for name, reason, until in rows if until > now]
