"""Asks a running stack again and again how its parts are."""

import threading
from dataclasses import dataclass, field

from warren.stack.keeper import UnitState, UnitStatus
from warren.stack.probe import GatewayProbe

_INTERVAL = 2.0


@dataclass(frozen=True, slots=True)
class Health:
    """What the gateway said the last time it was asked."""

    gateway: str = ""
    workers: dict[int, str] = field(default_factory=dict)

    def of(self, status: UnitStatus) -> str:
        """In a few words; empty where nothing is known."""
        if status.state is not UnitState.RUNNING:
            return ""
        if status.name == "gateway":
            return self.gateway
        return self.workers.get(status.pid or 0, "")


class HealthWatch:
    """Polls the gateway from a thread of its own; `latest` never waits."""

    def __init__(self, gateway_url: str, api_key: str, interval: float = _INTERVAL) -> None:
        self._probe = GatewayProbe(gateway_url, api_key)
        self._interval = interval
        self._latest = Health()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="health", daemon=True)

    def start(self) -> None:
        """Begin to ask."""
        self._thread.start()

    def close(self) -> None:
        """Stop asking."""
        self._closing.set()
        self._thread.join(timeout=10)
        self._probe.close()

    def latest(self) -> Health:
        """The latest answers; empty ones before the first."""
        return self._latest

    def _watch(self) -> None:
        while not self._closing.is_set():
            gateway = "ready" if self._probe.is_ready() else "not ready"
            self._latest = Health(gateway, self._probe.live_workers())
            self._closing.wait(self._interval)
