"""How long failures in a row are borne, and how long to rest after each."""

import random

from warren.client.clock import current_clock
from warren.client.errors import GatewayUnreachable

_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 2.0
_SHORTEST_TRY = 0.05


class Patience:
    """Ends `seconds` after it began, or after the last success; `what` is tried meanwhile."""

    def __init__(self, seconds: float, what: str) -> None:
        self._seconds = seconds
        self._what = what
        self.renew()
        self.hurry()

    def renew(self) -> None:
        """Something worked: as long again."""
        self._deadline = current_clock().monotonic() + self._seconds

    def hurry(self) -> None:
        """Rest no longer than at first."""
        self._pause = _FIRST_PAUSE

    def left(self, at_most: float) -> float:
        """Seconds that the next try may take."""
        return max(_SHORTEST_TRY, min(self._deadline - current_clock().monotonic(), at_most))

    def rest_after(self, failure: GatewayUnreachable) -> float:
        """Seconds until the next try: as the gateway says, or longer each time.

        Raises GatewayUnreachable if there is no time for another.
        """
        rest = failure.retry_after
        if rest is None:
            # By chance, so that all who lost the same gateway do not come back at once.
            rest = random.uniform(self._pause / 2, self._pause)
            self._pause = min(2 * self._pause, _LONGEST_PAUSE)
        if current_clock().monotonic() + rest >= self._deadline:
            raise GatewayUnreachable(
                f"{self._what} was of no avail within {self._seconds:g} s: {failure}",
                retry_after=rest,
                status=failure.status,
                problem=failure.problem,
            ) from failure
        return rest
