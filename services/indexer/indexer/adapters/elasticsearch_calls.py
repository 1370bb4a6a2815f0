"""What an answer of Elasticsearch means for the task, and when to leave the cluster alone."""

import threading
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import structlog
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
_DENIED, _NOT_FOUND = frozenset({401, 403}), 404
#: With it Elasticsearch marks all that it says itself, and nothing that stands before it does.
_MARK, _MARKED = "x-elastic-product", "Elasticsearch"
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
#: Seconds until a job looks whether somebody has done what only an operator can; and between two
#: lines of the log that ask for it.
_OPERATORS_WAIT, _REPEATED = 30.0, 60.0
_KEY_WANTED = (
    "set INDEXER_ELASTICSEARCH_API_KEY to a key that may read, write and make the indices of"
    " INDEXER_ELASTICSEARCH_PREFIX, and restart the indexer; its jobs wait and lose nothing"
)
_log = structlog.get_logger("indexer")


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


def is_denied(status: int, kind: str) -> bool:
    """Whether the cluster does not let us: that says nothing about the document."""
    return status in _DENIED and kind not in _NOT_NOW


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
        self._denied: str | None = None
        self._logged_at: float | None = None

    @contextmanager
    def calling(self, doing: str) -> Iterator[None]:
        """`doing` says in the error what was tried.

        Raises IndexUnavailable, IndexFailed or IndexRefused.
        """
        self._board.refresh()
        try:
            self._circuit.enter()
        except ProviderDown as error:
            raise self.unavailable(self._denied or str(error)) from error
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
            self._away_since = self._denied = None

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

    def denied(self, words: str) -> IndexUnavailable:
        """What to raise when the cluster does not let us: jobs wait until it does."""
        self._circuit.failed()
        with self._lock:
            self._denied = words
        self._ask_operator(words, _KEY_WANTED)
        return self.unavailable(words)

    def hindered(self, words: str, do: str) -> IndexUnavailable:
        """What to raise when an operator has to `do` something first; other calls may go well."""
        self._ask_operator(words, do)
        return IndexUnavailable(words, retry_after=_OPERATORS_WAIT)

    def _ask_operator(self, words: str, do: str) -> None:
        now = self._clock()
        with self._lock:
            if self._logged_at is not None and now < self._logged_at + _REPEATED:
                return
            self._logged_at = now
        _log.error("the search index takes no writes", reason=words, do=do)

    def _of_status(self, error: ApiError, doing: str) -> WarrenError:
        status, kind = error.meta.status, error_type(error.body)
        words = f"the search index answered {status} while {doing}: {reason_of(error.body)}"
        if is_busy(status, kind):
            self.overloaded()
            return self.unavailable(words)
        if is_denied(status, kind):
            return self.denied(words)
        if (status >= 500 or status == _NOT_FOUND) and not _is_its_own(error.meta.headers):
            self._circuit.failed()
            return self.unavailable(
                f"what stands before the search index answered {status} while {doing}"
            )
        if status >= 500 or status in _TRANSIENT_4XX:
            self._circuit.failed()
            return IndexFailed(words)
        self.went_well()
        return IndexRefused(words)


def _is_its_own(headers: Mapping[str, str]) -> bool:
    """Whether Elasticsearch itself has answered, not a proxy that did not reach it."""
    return headers.get(_MARK) == _MARKED


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
