"""What a service calls over HTTP: asked every few seconds whether it answers.

Operators are told; no job waits for it, and no process stops because of it: jobs find out for
themselves. A service names what it calls by a function `downstreams` in its `downstream.py`.
"""

import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from http.client import HTTPException, InvalidURL

import structlog
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from warren.contracts.kinds import BeatDownstream
from warren.worker.http_status import status_of

#: Seconds between two rounds of questions, between two while something does not work, and until a
#: question is given up.
_INTERVAL, _SOONER, _PATIENCE = 15.0, 5.0, 2.0
#: Of the patience: after so much a question is told as not answered, although it goes on.
_OVERDUE = 2


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
    """Asks each in a thread of its own, where nobody else waits, and tells what came of it."""

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
        self._asking: dict[str, float] = {}
        self._log = structlog.get_logger("warren.worker")

    def start(self) -> None:
        """Ask from now on."""
        for each in self._downstreams:
            threading.Thread(
                target=self._run, args=[each], name=f"downstream {each.name}", daemon=True
            ).start()

    def stop(self) -> None:
        """Ask no more; nobody waits for a question that is under way."""
        self._stopping.set()

    def told(self) -> list[BeatDownstream]:
        """What came of the last question to each; none of those that were not asked yet."""
        told, now = dict(self._told), time.monotonic()
        for name, since in dict(self._asking).items():
            if now - since > _OVERDUE * self._patience:
                told[name] = self._answer(name, now - since, self._silence())
        return [told[each.name] for each in self._downstreams if each.name in told]

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

    def _run(self, each: Downstream) -> None:
        while not self._stopping.is_set():
            self._ask(each)
            well = self._told[each.name].problem is None
            self._stopping.wait(self._interval if well else min(self._interval, _SOONER))

    def _ask(self, each: Downstream) -> None:
        began = time.monotonic()
        self._asking[each.name] = began
        problem = self._problem(each)
        known, new = self._told.get(each.name), time.monotonic() - began
        self._told[each.name] = self._answer(each.name, new, problem)
        del self._asking[each.name]
        if problem is not None and (known is None or known.problem is None):
            self._log.warning("a downstream does not work", downstream=each.name, problem=problem)
        elif problem is None and known is not None and known.problem is not None:
            self._log.info("a downstream works again", downstream=each.name)

    def _answer(self, name: str, seconds: float, problem: str | None) -> BeatDownstream:
        return BeatDownstream(name=name, latency_ms=round(1000 * seconds, 1), problem=problem)

    def _problem(self, each: Downstream) -> str | None:
        try:
            status = status_of(each.url, each.headers, self._patience)
        except TimeoutError:
            return self._silence()
        except OSError as error:
            # Among them certificates that do not hold, which are ValueErrors, too.
            return f"is not reached: {type(error).__name__}: {error}"
        except (ValueError, InvalidURL):
            # The text repeats what cannot be sent: a token perhaps.
            return "is not asked: its URL or its credentials cannot be sent over HTTP"
        except HTTPException as error:
            return f"is not reached: {type(error).__name__}: {error}"
        # 403 says who we are, and that this page is not for us: our calls may be.
        if status == HTTPStatus.UNAUTHORIZED and each.headers:
            return "refuses the credentials that it is shown (401)"
        return f"answers {status}" if status >= HTTPStatus.INTERNAL_SERVER_ERROR else None

    def _silence(self) -> str:
        return f"has not answered within {self._patience:g} s"
