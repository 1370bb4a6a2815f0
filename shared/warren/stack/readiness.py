"""Whether what a stack has started takes work."""

from collections.abc import Callable, Container, Iterable

import psutil

from warren.stack.plan import Addresses
from warren.stack.probe import GatewayProbe, ProgramProbe


class Readiness:
    """Looks at gateway, declared programs and workers; its owner calls `close`.

    `workers` tells the process of each worker of the plan, None of one that does not run.
    """

    def __init__(
        self, addresses: Addresses, api_key: str, workers: Callable[[], Iterable[int | None]]
    ) -> None:
        self._gateway = GatewayProbe(addresses.gateway_url, api_key)
        self._programs = [ProgramProbe(url) for url in addresses.program_urls]
        self._workers = workers

    def close(self) -> None:
        """Close the connections."""
        self._gateway.close()
        for program in self._programs:
            program.close()

    def is_reached(self) -> bool:
        """Whether all of them take work. What each of them costs is what the others wait for, so
        nothing is asked that another answer has made useless."""
        return (
            self._gateway.is_ready()
            and all(program.was_ready() for program in self._programs)
            and self._all_workers_in(self._gateway.live_workers())
        )

    def _all_workers_in(self, live: Container[int]) -> bool:
        """By process id, because the gateway may still remember the workers of an earlier stack."""
        return all(pid is not None and _itself_or_a_child_in(live, pid) for pid in self._workers())


def _itself_or_a_child_in(live: Container[int], pid: int) -> bool:
    if pid in live:
        return True
    try:
        children = psutil.Process(pid).children()
    except psutil.NoSuchProcess:
        return False
    return any(child.pid in live for child in children)
