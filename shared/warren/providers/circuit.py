"""A circuit breaker: leaves a provider alone that fails again and again, or asks for a pause."""

import threading
import time
from collections.abc import Callable

from warren.providers.errors import ProviderDown
from warren.providers.hold import LONGEST_HOLD, Hold, Reason

#: Failures in a row that open the circuit, and seconds until a call tries whether it can be closed.
FAILURES, OPEN_SECONDS = 5, 30.0
#: Seconds; a hold that is longer by less than this is not told again. Calls that were under way
#: when the provider said so would otherwise each tell.
_WORTH_TELLING = 1.0


class Circuit:
    """Of one provider in one process; any thread may use it.

    After `failures` in a row all calls are refused for `open_seconds`; then one call tries, and its
    outcome decides. A pause that the provider asks for is kept to its end, a week at most. `tell`
    gets every hold that begins here, in the thread of the call that found it; `heed` takes those
    that began elsewhere.
    """

    def __init__(
        self,
        provider: str,
        *,
        failures: int = FAILURES,
        open_seconds: float = OPEN_SECONDS,
        clock: Callable[[], float] = time.monotonic,
        tell: Callable[[Hold], None] = lambda _hold: None,
    ) -> None:
        self._provider = provider
        self._most_failures = failures
        self._open_seconds = open_seconds
        self._clock = clock
        self._tell = tell
        self._lock = threading.Lock()
        self._failures = 0
        self._opens_at = 0.0
        self._paused_until = 0.0
        self._told_until: dict[Reason, float] = {"asked": 0.0, "failing": 0.0}

    @property
    def is_open(self) -> bool:
        """Whether calls are refused now."""
        with self._lock:
            now = self._clock()
            failing = self._failures >= self._most_failures and now < self._opens_at
            return failing or now < self._paused_until

    def enter(self) -> None:
        """Raises ProviderDown, with the seconds that are left, while calls are refused."""
        with self._lock:
            now = self._clock()
            if now < self._paused_until:
                left = self._paused_until - now
                raise self._down("asked for a pause", left)
            if self._failures < self._most_failures:
                return
            if now < self._opens_at:
                left = self._opens_at - now
                raise self._down(f"failed {self._failures} times in a row", left)
            # This call tries; the others are refused until it is known how that went.
            self._opens_at = now + self._open_seconds

    def succeeded(self) -> None:
        """The provider has answered."""
        with self._lock:
            self._failures = 0

    def failed(self) -> None:
        """The provider has not answered as it should."""
        with self._lock:
            self._failures += 1
            self._opens_at = self._clock() + self._open_seconds
            news = self._failures >= self._most_failures and self._is_news(
                "failing", self._opens_at
            )
        if news:
            self._tell(Hold(self._provider, "failing", self._open_seconds))

    def pause(self, seconds: float) -> None:
        """The provider wants no calls for so long."""
        seconds = min(seconds, LONGEST_HOLD)
        with self._lock:
            until = self._clock() + seconds
            self._paused_until = max(self._paused_until, until)
            news = self._is_news("asked", until)
        if news:
            self._tell(Hold(self._provider, "asked", seconds))

    def heed(self, hold: Hold) -> None:
        """Another process found out that the provider is to be left alone."""
        with self._lock:
            until = self._clock() + min(hold.seconds, LONGEST_HOLD)
            self._told_until[hold.reason] = max(self._told_until[hold.reason], until)
            if hold.reason == "asked":
                self._paused_until = max(self._paused_until, until)
            else:
                self._failures = max(self._failures, self._most_failures)
                self._opens_at = max(self._opens_at, until)

    def release(self) -> None:
        """Call it again as if nothing had been: what was found out before is over."""
        with self._lock:
            self._failures = 0
            self._opens_at = self._paused_until = 0.0
            self._told_until = {"asked": 0.0, "failing": 0.0}

    def _down(self, why: str, left: float) -> ProviderDown:
        return ProviderDown(f"{self._provider} {why}", retry_after=left, provider=self._provider)

    def _is_news(self, reason: Reason, until: float) -> bool:
        news = until > self._told_until[reason] + _WORTH_TELLING
        if news:
            self._told_until[reason] = until
        return news
