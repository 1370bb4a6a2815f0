"""Asks a running stack again and again how its parts are."""

import threading

from warren.stack.probe import GatewayProbe

_INTERVAL = 2.0


class HealthWatch:
    """Polls the gateway from a thread of its own; `latest` never waits."""

    def __init__(self, gateway_url: str, api_key: str, interval: float = _INTERVAL) -> None:
        self._probe = GatewayProbe(gateway_url, api_key)
        self._interval = interval
        self._latest: dict[str, str] = {}
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

    def latest(self) -> dict[str, str]:
        """Health in a few words by the name of the process; absent where nothing is known."""
        return self._latest

    def _watch(self) -> None:
        while not self._closing.is_set():
            workers = dict.fromkeys(self._probe.live_workers(), "takes work")
            gateway = "ready" if self._probe.is_ready() else "not ready"
            self._latest = {"gateway": gateway, **workers}
            self._closing.wait(self._interval)
