"""What an answer of Elasticsearch means for the task, and when to leave the cluster alone."""

import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from elastic_transport import ConnectionError as NoConnection
from elastic_transport import ConnectionTimeout, SerializationError, TransportError
from elasticsearch import ApiError, Elasticsearch, ElasticsearchWarning

from indexer.config import IndexSettings
from indexer.errors import IndexFailed, IndexRefused, IndexUnavailable
from warren.errors import WarrenError
from warren.providers import ProviderBoard, ProviderDown, process_board

PROVIDER = "search-index"
_BUSY = frozenset({429, 502, 503, 504})
_TRANSIENT_4XX = frozenset({408, 425})
#: Kinds of errors that say nothing about the document.
_NOT_NOW = frozenset(
    {
        "cluster_block_exception",
        "es_rejected_execution_exception",
        "circuit_breaking_exception",
        "unavailable_shards_exception",
        "no_shard_available_action_exception",
        "index_closed_exception",
        "process_cluster_event_timeout_exception",
        "node_closed_exception",
    }
)
#: Seconds that an overloaded cluster is left alone, first and longest.
_FIRST_PAUSE, _LONGEST_PAUSE = 0.25, 15.0
#: The longer the index has been away, the more rarely each job asks for it.
_FIRST_WAIT, _LONGEST_WAIT, _OF_THE_OUTAGE = 2.0, 60.0, 0.25


def connect(settings: IndexSettings) -> Elasticsearch:
    """A client that repeats nothing by itself: what failed is known, and decided here."""
    warnings.filterwarnings("ignore", category=ElasticsearchWarning)
    key = settings.elasticsearch_api_key
    return Elasticsearch(
        settings.elasticsearch_url or "",
        api_key=key.get_secret_value() if key else None,
        request_timeout=settings.elasticsearch_timeout,
        max_retries=0,
        retry_on_timeout=False,
        connections_per_node=16,
    )


def is_busy(status: int, kind: str) -> bool:
    """Whether an error with this status and type goes away by itself."""
    return status in _BUSY or kind in _NOT_NOW


class Calls:
    """Around every call of one cluster. Pauses that it needs are kept by all worker processes."""

    def __init__(
        self,
        board: ProviderBoard | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._board = board or process_board()
        self._circuit = self._board.circuit(PROVIDER, open_seconds=5.0)
        self._clock = clock
        self._lock = threading.Lock()
        self._away_since: float | None = None
        self._pause = _FIRST_PAUSE

    @contextmanager
    def calling(self, doing: str) -> Iterator[None]:
        """`doing` says in the error what was tried.

        Raises IndexUnavailable, IndexFailed or IndexRefused.
        """
        self._board.refresh()
        try:
            self._circuit.enter()
        except ProviderDown as error:
            raise self.unavailable(str(error)) from error
        try:
            yield
        except ApiError as error:
            raise self._of_status(error, doing) from error
        except (NoConnection, ConnectionTimeout) as error:
            self._circuit.failed()
            # Its own words name hosts, and callers read ours; operators see both in the traceback.
            raise self.unavailable(
                f"the search index gave no answer while {doing} ({type(error).__name__})"
            ) from error
        except SerializationError as error:
            raise IndexFailed(f"the search index answered with no JSON while {doing}") from error
        except TransportError as error:
            words = f"the search index failed while {doing} ({type(error).__name__})"
            raise IndexFailed(words) from error
        self.went_well()

    def went_well(self) -> None:
        """The cluster answers."""
        self._circuit.succeeded()
        with self._lock:
            self._away_since = None

    def kept_up(self) -> None:
        """The cluster had time for all of a request: its next pause is the shortest again."""
        with self._lock:
            self._pause = _FIRST_PAUSE

    def overloaded(self) -> float:
        """The cluster asks for less: nobody calls it for so many seconds, ever more in a row."""
        with self._lock:
            pause = self._pause
            self._pause = min(2 * pause, _LONGEST_PAUSE)
        self._circuit.pause(pause)
        return pause

    def unavailable(self, message: str) -> IndexUnavailable:
        """What to raise; the wait that it asks for grows with the outage."""
        now = self._clock()
        with self._lock:
            since = self._away_since = now if self._away_since is None else self._away_since
        wait = min(_LONGEST_WAIT, max(_FIRST_WAIT, _OF_THE_OUTAGE * (now - since)))
        return IndexUnavailable(message, retry_after=wait)

    def _of_status(self, error: ApiError, doing: str) -> WarrenError:
        status, kind = error.meta.status, error_type(error.body)
        words = f"the search index answered {status} while {doing}: {reason_of(error.body)}"
        if is_busy(status, kind):
            self.overloaded()
            return self.unavailable(words)
        if status >= 500 or status in _TRANSIENT_4XX:
            self._circuit.failed()
            return IndexFailed(words)
        self.went_well()
        return IndexRefused(words)


def status_of(error: BaseException) -> int:
    """The HTTP status behind an error that `Calls.calling` raised; 0 without one."""
    cause = error.__cause__
    return int(cause.meta.status) if isinstance(cause, ApiError) else 0


def error_type(body: Any) -> str:
    """The engine's name of an error."""
    error = body.get("error", body) if isinstance(body, dict) else {}
    return str(error.get("type", "")) if isinstance(error, dict) else ""


def reason_of(body: Any) -> str:
    """What the engine says, and what it says was the cause."""
    error = body.get("error", body) if isinstance(body, dict) else body
    if not isinstance(error, dict):
        return str(error)[:300]
    cause = error.get("caused_by") or {}
    parts = [str(part.get("reason", "")) for part in (error, cause) if isinstance(part, dict)]
    return "; ".join(part for part in parts if part)[:300] or str(error.get("type", "no reason"))
