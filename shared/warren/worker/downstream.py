"""What a service calls over HTTP: asked every few seconds whether it answers.

Operators are told; no job waits for it, and no process stops because of it: jobs find out for
themselves. A service names what it calls by a function `downstreams` in its `downstream.py`.
"""

import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import urlsplit

import structlog
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from warren.contracts.kinds import BeatDownstream

#: Seconds between two rounds of questions, between two while something does not work, and until a
#: question is given up.
_INTERVAL, _SOONER, _PATIENCE = 15.0, 5.0, 2.0


@dataclass(frozen=True, slots=True)
class Downstream:
    """Asked by `GET url` with `headers`; called as its provider is. Any answer below 500 is one."""

    name: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)

    @classmethod
    def with_token(cls, name: str, url: str, token: str | None) -> "Downstream":
        """One that is shown a bearer token, if there is one; it must not refuse that."""
        return cls(name, url, {"Authorization": f"Bearer {token}"} if token else {})


class DownstreamWatch(Collector):
    """Asks in a thread of its own, if there is anything to ask, and tells what came of it."""

    def __init__(
        self,
        service: str,
        downstreams: Sequence[Downstream],
        *,
        interval: float = _INTERVAL,
        patience: float = _PATIENCE,
    ) -> None:
        self._service = service
        self._downstreams = downstreams
        self._interval = interval
        self._patience = patience
        self._stopping = threading.Event()
        self._told: dict[str, BeatDownstream] = {}
        #: Who is being asked, and since when: names are looked up without a time-out.
        self._asking: tuple[str, float] | None = None
        self._log = structlog.get_logger("warren.worker")
        self._thread = threading.Thread(target=self._run, name="downstreams", daemon=True)

    def start(self) -> None:
        """Ask from now on."""
        if self._downstreams:
            self._thread.start()

    def stop(self) -> None:
        """Ask no more; nobody waits for a question that is under way."""
        self._stopping.set()

    def told(self) -> list[BeatDownstream]:
        """What came of the last question to each; none of those that were not asked yet."""
        told, asking = dict(self._told), self._asking
        if asking is not None and (passed := time.monotonic() - asking[1]) > 2 * self._patience:
            told[asking[0]] = self._answer(asking[0], passed, self._silence())
        return list(told.values())

    def describe(self) -> Iterable[GaugeMetricFamily]:
        return []

    def collect(self) -> Iterable[GaugeMetricFamily]:
        up = GaugeMetricFamily(
            "warren_downstream_up",
            "1 while what a service calls over HTTP answers",
            labels=["service", "downstream"],
        )
        for each in self.told():
            up.add_metric([self._service, each.name], float(each.problem is None))
        return [up]

    def _run(self) -> None:
        while not self._stopping.is_set():
            for each in self._downstreams:
                self._ask(each)
            well = all(told.problem is None for told in self._told.values())
            self._stopping.wait(self._interval if well else min(self._interval, _SOONER))

    def _ask(self, each: Downstream) -> None:
        began = time.monotonic()
        self._asking = (each.name, began)
        problem = self._problem(each)
        known, new = self._told.get(each.name), time.monotonic() - began
        self._told = {**self._told, each.name: self._answer(each.name, new, problem)}
        self._asking = None
        if problem is not None and (known is None or known.problem is None):
            self._log.warning("a downstream does not work", downstream=each.name, problem=problem)
        elif problem is None and known is not None and known.problem is not None:
            self._log.info("a downstream works again", downstream=each.name)

    def _answer(self, name: str, seconds: float, problem: str | None) -> BeatDownstream:
        return BeatDownstream(name=name, latency_ms=round(1000 * seconds, 1), problem=problem)

    def _problem(self, each: Downstream) -> str | None:
        try:
            status = self._status(each)
        except TimeoutError:
            return self._silence()
        except (OSError, HTTPException, ValueError) as error:
            return f"is not reached: {type(error).__name__}: {error}"
        # 403 says who we are, and that this page is not for us: our calls may be.
        if status == HTTPStatus.UNAUTHORIZED and each.headers:
            return "refuses the credentials that it is shown (401)"
        return f"answers {status}" if status >= HTTPStatus.INTERNAL_SERVER_ERROR else None

    def _status(self, each: Downstream) -> int:
        url = urlsplit(each.url)
        kind = HTTPSConnection if url.scheme == "https" else HTTPConnection
        connection = kind(url.hostname or "", url.port, timeout=self._patience)
        try:
            connection.request("GET", url.path or "/", headers=dict(each.headers))
            return connection.getresponse().status
        finally:
            connection.close()

    def _silence(self) -> str:
        return f"has not answered within {self._patience:g} s"
