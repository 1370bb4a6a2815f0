"""What comes of each item of a bulk request, and which are sent again."""

from collections.abc import Sequence
from typing import Any
from uuid import uuid4

import orjson
import pytest
import structlog
from elastic_transport import ApiResponseMeta, HttpHeaders, NodeConfig
from elasticsearch import ApiError

from indexer.adapters.elasticsearch_bulk import BulkWriter
from indexer.adapters.elasticsearch_calls import Calls
from indexer.errors import IndexFailed, IndexRefused, IndexUnavailable
from indexer.ports import DocumentWrite, Outcome
from warren.errors import Unavailable
from warren.providers import ProviderBoard

CUSTOMER = uuid4()


def writes(*ids: str, size: int = 0) -> list[DocumentWrite]:
    item = {"name": "x" * size}
    return [DocumentWrite(CUSTOMER, name, 5, item) for name in ids]


def answer(status: int, kind: str = "", reason: str = "") -> dict[str, Any]:
    error = {"type": kind, "reason": reason} if kind else None
    return {"status": status, **({"error": error} if error else {})}


FINE = answer(201)
BUSY = answer(429, "es_rejected_execution_exception", "queue is full")


def refusal(status: int, kind: str = "some_exception", *, proxy: bool = False) -> ApiError:
    """An answer of Elasticsearch itself, or of a proxy before it."""
    headers = HttpHeaders({} if proxy else {"X-Elastic-Product": "Elasticsearch"})
    meta = ApiResponseMeta(status, "1.1", headers, 0.1, NodeConfig("http", "node", 9200))
    body = "<html>so it is</html>" if proxy else {"error": {"type": kind, "reason": "so it is"}}
    return ApiError(kind, meta, body)


class ScriptedClient:
    """Answers each document with the next thing that its script says; remembers the requests."""

    def __init__(self, **scripts: Sequence[dict[str, Any]]) -> None:
        self._scripts = {name: list(script) for name, script in scripts.items()}
        self.requests: list[list[str]] = []
        self.raises: list[ApiError] = []
        self.most = 1_000

    def bulk(self, operations: list[bytes], **_: Any) -> dict[str, Any]:
        names = [orjson.loads(lines.split(b"\n")[1])["id"] for lines in operations]
        self.requests.append(names)
        if self.raises:
            raise self.raises.pop(0)
        if len(names) > self.most:
            raise refusal(413)
        return {"items": [{"index": self._next(name)} for name in names]}

    def _next(self, name: str) -> dict[str, Any]:
        script = self._scripts.get(name, [FINE])
        return script.pop(0) if len(script) > 1 else script[0]


class Bulk:
    """A writer whose pauses nobody has to sit through."""

    def __init__(self, client: ScriptedClient) -> None:
        self.time = 0.0
        self.made: list[str] = []
        self.calls = Calls(ProviderBoard(clock=self._now), clock=self._now)
        self.writer: Any = BulkWriter(
            client,  # type: ignore[arg-type]
            self.calls,
            self.made.append,
            wait=self._pass,
        )

    def outcomes(self, wanted: Sequence[DocumentWrite]) -> list[Outcome]:
        return [outcome.outcome for outcome in self.writer.write("alias", wanted)]

    def _now(self) -> float:
        return self.time

    def _pass(self, seconds: float) -> None:
        self.time += seconds


def test_only_what_the_cluster_had_no_time_for_is_sent_again() -> None:
    client = ScriptedClient(a=[FINE], b=[BUSY, BUSY, FINE], c=[answer(400, "document_parsing")])

    outcomes = Bulk(client).outcomes(writes("a", "b", "c"))

    assert outcomes == [Outcome.APPLIED, Outcome.APPLIED, Outcome.REFUSED]
    assert client.requests == [["a", "b", "c"], ["b"], ["b"]]


def test_what_it_has_no_time_for_at_all_is_postponed_and_leaves_the_cluster_alone() -> None:
    client = ScriptedClient(b=[BUSY])
    bulk = Bulk(client)

    assert bulk.outcomes(writes("a", "b")) == [Outcome.APPLIED, Outcome.POSTPONED]
    assert len(client.requests) == 4
    assert bulk.time == pytest.approx(0.25 + 0.5 + 1)
    with pytest.raises(IndexUnavailable, match="asked for a pause"):
        bulk.outcomes(writes("c"))


@pytest.mark.parametrize(
    ("said", "outcome"),
    [
        (answer(409, "version_conflict_engine_exception", "current version [10]"), "applied"),
        (answer(409, "version_conflict_engine_exception", "current version [11]"), "applied"),
        (answer(409, "version_conflict_engine_exception", "current version [12]"), "superseded"),
        (answer(400, "document_parsing_exception", "failed to parse field [price]"), "refused"),
        (answer(403, "cluster_block_exception", "blocked by: read-only"), "postponed"),
        (answer(503, "unavailable_shards_exception", "no shard"), "postponed"),
        (answer(500, "io_exception", "disk"), "postponed"),
    ],
    ids=["same", "same with vector", "newer", "bad", "read-only", "no shard", "broken"],
)
def test_each_answer_means_one_thing(said: dict[str, Any], outcome: str) -> None:
    (found,) = Bulk(ScriptedClient(a=[said])).writer.write("alias", writes("a"))

    assert found.outcome.value == outcome
    if outcome == "refused":
        assert found.field == "price"
    if outcome == "superseded":
        assert found.version == 6


def test_an_index_that_is_missing_is_made() -> None:
    missing = answer(404, "index_not_found_exception", "no such index")
    client = ScriptedClient(a=[missing, FINE])
    bulk = Bulk(client)

    assert bulk.outcomes(writes("a")) == [Outcome.APPLIED]
    assert bulk.made == ["alias"]
    assert bulk.time == 0


def test_a_request_that_is_too_large_is_halved_and_a_document_that_is_too_large_refused() -> None:
    client = ScriptedClient()
    client.most = 2
    assert Bulk(client).outcomes(writes("a", "b", "c", "d", "e")) == [Outcome.APPLIED] * 5
    assert max(len(names) for names in client.requests[-1:]) <= 2

    client.most = 0
    assert Bulk(client).outcomes(writes("a")) == [Outcome.REFUSED]


def test_outcomes_of_many_documents_stand_in_their_order() -> None:
    names = [f"item-{number}" for number in range(1_100)]
    client = ScriptedClient(**{"item-700": [answer(400, "mapper_parsing_exception")]})

    outcomes = Bulk(client).outcomes(writes(*names))

    assert outcomes.index(Outcome.REFUSED) == 700
    assert outcomes.count(Outcome.APPLIED) == 1_099
    assert max(map(len, client.requests)) <= 500


def test_large_documents_make_small_requests() -> None:
    client = ScriptedClient()

    Bulk(client).outcomes(writes(*"abcdefgh", size=1_000_000))

    assert max(map(len, client.requests)) <= 4


@pytest.mark.parametrize(
    ("status", "raised"),
    [
        (429, IndexUnavailable),
        (503, IndexUnavailable),
        (408, IndexFailed),
        (500, IndexFailed),
        (400, IndexRefused),
        (404, IndexRefused),
        (401, IndexUnavailable),
        (403, IndexUnavailable),
    ],
)
def test_a_refused_request_means_what_its_status_says(status: int, raised: type[Exception]) -> None:
    client = ScriptedClient()
    client.raises = [refusal(status)]

    with pytest.raises(raised):
        Bulk(client).outcomes(writes("a"))


@pytest.mark.parametrize("status", [404, 500, 502, 503, 504, 520, 530])
def test_what_a_proxy_says_in_place_of_the_index_spends_no_attempt(status: int) -> None:
    client = ScriptedClient()
    client.raises = [refusal(status, proxy=True)]

    with pytest.raises(IndexUnavailable):
        Bulk(client).outcomes(writes("a"))


def test_a_key_that_is_refused_waits_and_says_what_to_do_also_when_nobody_is_asked_any_more() -> (
    None
):
    client = ScriptedClient()
    client.raises = [refusal(401, "security_exception") for _ in range(9)]
    bulk = Bulk(client)

    with structlog.testing.capture_logs() as logged:
        for _ in range(9):
            with pytest.raises(IndexUnavailable, match="answered 401"):
                bulk.outcomes(writes("a"))

    assert len(client.requests) == 5
    (line,) = logged
    assert line["log_level"] == "error"
    assert "INDEXER_ELASTICSEARCH_API_KEY" in line["do"]


def test_a_key_that_may_not_write_fails_no_document() -> None:
    denied = answer(403, "security_exception", "action [write] is unauthorized")
    client = ScriptedClient(b=[denied])

    with pytest.raises(IndexUnavailable, match="unauthorized"):
        Bulk(client).outcomes(writes("a", "b"))
    assert client.requests == [["a", "b"]]


def test_an_index_that_answers_500_costs_only_those_an_attempt_who_ask_it() -> None:
    client = ScriptedClient()
    client.raises = [refusal(500) for _ in range(30)]
    bulk = Bulk(client)
    spent = waited = 0
    for _ in range(60):  # (seconds, in each of which a job comes)
        try:
            bulk.outcomes(writes("a"))
        except IndexFailed:
            spent += 1
        except IndexUnavailable:
            waited += 1
        bulk.time += 1

    assert spent == len(client.requests) <= 5 + 60 / 5
    assert spent + waited == 60


def test_the_longer_an_outage_the_more_rarely_one_asks() -> None:
    bulk = Bulk(ScriptedClient())
    waits = []
    for _ in range(60):
        waits.append(bulk.calls.unavailable("away").retry_after or 0)
        bulk.time += waits[-1]

    assert waits[0] == 2
    assert waits == sorted(waits)
    assert waits[-1] == 60
    bulk.calls.went_well()
    assert bulk.calls.unavailable("away again").retry_after == 2
    assert isinstance(bulk.calls.unavailable("away"), Unavailable)
