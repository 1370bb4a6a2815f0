"""How many streams may be open at a time."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from gateway.problems import NoStreamFree, TooManyStreams

_RETRY_AFTER = 5


class StreamPlaces:
    """Of one process: `most` in all, `most_of_key` of one API key."""

    def __init__(self, most: int, most_of_key: int) -> None:
        self._most = most
        self._most_of_key = most_of_key
        self._taken: Counter[str] = Counter()

    @property
    def count(self) -> int:
        """How many are taken."""
        return self._taken.total()

    def ensure_free(self, key: str) -> None:
        """Raise TooManyStreams or NoStreamFree if no place is free for this key now."""
        if self._taken[key] >= self._most_of_key:
            raise TooManyStreams(
                f"{self._most_of_key} streams of this API key are open: close one, or ask for "
                "the status instead",
                retry_after=_RETRY_AFTER,
            )
        if self.count >= self._most:
            raise NoStreamFree(
                f"{self._most} streams are open here: ask for the status instead, or try again",
                retry_after=_RETRY_AFTER,
            )

    @contextmanager
    def taken(self, key: str) -> Iterator[None]:
        """Hold a place; raises TooManyStreams or NoStreamFree."""
        self.ensure_free(key)
        self._taken[key] += 1
        try:
            yield
        finally:
            self._taken[key] -= 1
            if not self._taken[key]:
                del self._taken[key]
