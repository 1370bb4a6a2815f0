"""How many unstarted messages of a queue may be in the broker. Pure; times in seconds."""

from collections import deque
from dataclasses import dataclass

#: A rate is measured over this span; after a longer silence measuring starts afresh.
_SPAN = 1.0


@dataclass(frozen=True, slots=True)
class WindowBounds:
    """A window is `seconds` of measured work, at least `least` and at most `most` messages."""

    seconds: float = 2.0
    least: int = 16
    most: int = 5000

    def size(self, rate: float, slots: int) -> int:
        """The window of a queue whose messages start at `rate` per second in `slots` slots."""
        wanted = max(self.seconds * rate, 2 * slots, self.least)
        return int(min(wanted, self.most))


class DrainMeter:
    """How fast the messages of one queue start, from what this relay sees of it.

    What started is what was published less what is still unstarted. Another relay's messages are
    seen only as they come and go, so that each of several relays measures its own share.
    """

    def __init__(self) -> None:
        self._published = 0
        self._samples: deque[tuple[float, int]] = deque()

    def published(self, count: int) -> None:
        """Note what this relay has published since."""
        self._published += count

    def rate(self, now: float, unstarted: int) -> float:
        """Starts per second over the last second, given what is unstarted now."""
        samples = self._samples
        if samples and now - samples[-1][0] > _SPAN:
            samples.clear()
        samples.append((now, self._published - unstarted))
        while len(samples) > 2 and now - samples[1][0] >= _SPAN:
            samples.popleft()
        (began, before), (_, after) = samples[0], samples[-1]
        return max(0.0, (after - before) / (now - began)) if now > began else 0.0
