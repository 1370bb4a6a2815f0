"""All clients together: a bounded rate of submissions drawn from the seed."""

import threading
from random import Random

from tests.chaos.journal import Journal
from tests.chaos.load.client import Submitter
from tests.chaos.load.mix import draw_some
from tests.chaos.plan import ChaosPlan


class Load:
    """Client threads; each draws from a generator of its own, so that none disturbs another."""

    def __init__(self, plan: ChaosPlan, url: str, api_key: str, journal: Journal) -> None:
        self._plan = plan
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(
                target=self._submit, args=(n, Submitter(url, api_key, journal, self._stop)),
                name=f"client-{n}",
            )
            for n in range(plan.clients)
        ]  # fmt: skip
        self._accepted = [0] * plan.clients

    @property
    def accepted(self) -> int:
        """How many submissions were answered with a yes so far."""
        return sum(self._accepted)

    def start(self) -> None:
        """Begin."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Submit nothing more; returns when every request has its answer or has lost it."""
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _submit(self, client: int, submitter: Submitter) -> None:
        random = Random(f"{self._plan.seed} client {client}")
        rate = self._plan.rate / self._plan.clients
        number = 0
        try:
            while not self._stop.wait(random.expovariate(rate)):
                for ask in draw_some(random):
                    number += 1
                    name = f"{self._plan.seed}-{client}-{number}"
                    self._accepted[client] += submitter.submit(name, ask)
        finally:
            submitter.close()
