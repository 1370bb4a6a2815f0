"""What one process knows of all its providers, and how it shares that with others."""

import threading
import time
from collections.abc import Callable
from functools import cache

from warren.providers.circuit import FAILURES, OPEN_SECONDS, Circuit
from warren.providers.hold import Hold, Reason
from warren.providers.notice import NoticeReader


class ProviderBoard:
    """One circuit for each provider's name. Any thread may use it.

    `tell_to` names who passes on what begins here; `heed` takes what others found out, also about
    providers that nobody here has called yet.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._circuits: dict[str, Circuit] = {}
        self._until: dict[tuple[str, Reason], float] = {}
        self._released: dict[str, float] = {}
        self._listener: Callable[[Hold], None] | None = None
        self._notice: NoticeReader | None = None

    def circuit(
        self, provider: str, *, failures: int = FAILURES, open_seconds: float = OPEN_SECONDS
    ) -> Circuit:
        """The circuit of this provider; who asks first says how it behaves."""
        with self._lock:
            circuit = self._circuits.get(provider)
            if circuit is None:
                circuit = Circuit(
                    provider,
                    failures=failures,
                    open_seconds=open_seconds,
                    clock=self._clock,
                    tell=self._began_here,
                )
                self._circuits[provider] = circuit
        for hold in self.holds():
            if hold.provider == provider:
                circuit.heed(hold)
        return circuit

    def heed(self, hold: Hold) -> None:
        """Leave a provider alone because somebody says so; repeating it changes nothing."""
        self._remember(hold)
        circuit = self._circuits.get(hold.provider)
        if circuit is not None:
            circuit.heed(hold)

    def release(self, provider: str) -> None:
        """Call a provider again, whoever said what about it before; repeating changes nothing."""
        with self._lock:
            self._until = {key: until for key, until in self._until.items() if key[0] != provider}
            self._released[provider] = self._clock()
            circuit = self._circuits.get(provider)
        if circuit is not None:
            circuit.release()

    def released(self) -> dict[str, float]:
        """Providers that were released, and when, by the monotonic clock."""
        with self._lock:
            return dict(self._released)

    def holds(self) -> list[Hold]:
        """All that hold now, with the seconds that are left."""
        now = self._clock()
        with self._lock:
            self._until = {key: until for key, until in self._until.items() if until > now}
            return [Hold(name, why, until - now) for (name, why), until in self._until.items()]

    def states(self) -> dict[str, bool]:
        """By provider that was called here: whether it is left alone now."""
        with self._lock:
            circuits = dict(self._circuits)
        return {provider: circuit.is_open for provider, circuit in circuits.items()}

    def tell_to(self, listener: Callable[[Hold], None] | None) -> None:
        """From now on `listener` gets every hold that begins here; it must be quick."""
        self._listener = listener

    def follow(self, notice: NoticeReader) -> None:
        """Heed what stands in this file, whenever `refresh` is called."""
        self._notice = notice

    def refresh(self) -> None:
        """Look whether there is news; cheap, so that every call of a provider begins with it."""
        if self._notice is not None:
            released, holds = self._notice.news()
            for provider in released:
                self.release(provider)
            for hold in holds:
                self.heed(hold)

    def _began_here(self, hold: Hold) -> None:
        self._remember(hold)
        if self._listener is not None:
            self._listener(hold)

    def _remember(self, hold: Hold) -> None:
        key, until = (hold.provider, hold.reason), self._clock() + hold.seconds
        with self._lock:
            self._until[key] = max(until, self._until.get(key, 0.0))


@cache
def process_board() -> ProviderBoard:
    """The board of this process: a provider is left alone by all of a process or by none of it."""
    return ProviderBoard()
