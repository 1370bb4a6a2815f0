"""Places for questions that wait for a caller's own embedding provider."""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from indexer.errors import TooManyQuestions

#: Of the 40 threads in which the search node answers, so many at most wait for callers' providers;
#: and for that of one caller.
MOST, MOST_OF_ONE = 16, 4
_RETRY_AFTER = 1.0


class KeyedTurns:
    """Keeps a slow provider from the questions of all who do not need it. Any thread may use it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._taken: Counter[UUID] = Counter()

    @contextmanager
    def turn(self, customer_id: UUID) -> Iterator[None]:
        """A place within the block; raises TooManyQuestions at once if there is none."""
        with self._lock:
            full = self._taken[customer_id] >= MOST_OF_ONE or self._taken.total() >= MOST
            if full:
                raise TooManyQuestions(
                    "too many questions wait for an embedding provider", retry_after=_RETRY_AFTER
                )
            self._taken[customer_id] += 1
        try:
            yield
        finally:
            with self._lock:
                self._taken[customer_id] -= 1
                if not self._taken[customer_id]:
                    del self._taken[customer_id]
