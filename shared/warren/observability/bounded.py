"""Label values that cannot become arbitrarily many."""

import threading

OTHER = "other"


class Bounded:
    """Lets the first `most` different values through and calls every further one `other`.

    For what the code does not enumerate itself: kinds, types of errors, routes. A series that was
    begun stays for as long as its process lives, so their number must have an end.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._known: set[str] = set()
        self._lock = threading.Lock()

    def __call__(self, value: str) -> str:
        """The value to use as a label."""
        if value in self._known:
            return value
        with self._lock:
            if len(self._known) >= self._most:
                return OTHER
            self._known.add(value)
        return value
