"""Questions to the search index, through the gateway; a small server stands for the index."""

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest

from gateway.config import GatewaySettings
from gateway.customers.keys import Scope

pytestmark = pytest.mark.postgres

SEARCH = "/api/v1/catalogue/products/search"
PAGE = {
    "hits": [{"id": "lamp", "entity_version": 3, "score": 1.5, "item": {"id": "lamp"}}],
    "total": 1,
    "mode": "text",
    "limit": 20,
    "offset": 0,
    "took_ms": 0.4,
}


class Index:
    """Answers as it is told, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str | None, dict[str, Any]]] = []
        self.status, self.body, self.delay = 200, json.dumps(PAGE), 0.0
        self.waiting = threading.Event()
        index = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                index.asked.append((self.path, self.headers.get("authorization"), json.loads(body)))
                index.waiting.wait(index.delay)
                answer = index.body.encode()
                self.send_response(index.status)
                self.send_header("content-length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture
def index() -> Iterator[Index]:
    index = Index()
    thread = threading.Thread(target=index.server.serve_forever, daemon=True)
    thread.start()
    yield index
    index.waiting.set()
    index.server.shutdown()
    index.server.server_close()
    thread.join(5)


@pytest.fixture
def searcher(
    index: Index,
    serve: Callable[[GatewaySettings], str],
    settings: GatewaySettings,
    connect: Callable[[str, str], httpx.Client],
    database: Any,
) -> httpx.Client:
    told = {"search_url": index.url, "search_token": "let-me-in", "search_timeout": 0.5}
    changed = GatewaySettings.model_validate({**settings.model_dump(), **told})
    return connect(serve(changed), database.key(scopes=[Scope.TASKS_READ]))


def test_a_question_is_about_the_callers_catalogue_above_its_floor(
    searcher: httpx.Client, index: Index, database: Any
) -> None:
    ((customer,),) = database.ask("SELECT id FROM customers")
    database.ask(
        "INSERT INTO catalogue_floors (customer_id, entity_kind, floor, task_id)"
        " VALUES (%s, 'product', 41, %s)",
        customer,
        customer,
    )

    answer = searcher.get(
        SEARCH,
        params={
            "q": "lamp",
            "mode": "hybrid",
            "category": ["a", "b"],
            "price_to": 20,
            "attributes.colour": "red",
            "attributes.watt": "5",
            "attributes.sku": "007",
            "attributes.brand": "Infinity",
            "limit": 5,
        },
    )

    assert (answer.status_code, answer.json()["hits"][0]["id"]) == (200, "lamp")
    ((path, token, asked),) = index.asked
    assert (path, token) == ("/search/product", "Bearer let-me-in")
    assert (asked["customer_id"], asked["floor"], asked["q"]) == (str(customer), 41, "lamp")
    assert (asked["mode"], asked["limit"]) == ("hybrid", 5)
    assert asked["filters"]["category"] == ["a", "b"]
    assert asked["filters"]["attributes"] == {
        "colour": ["red"],
        "watt": [5],
        # A text or a number, as the item may have it; what is no number in JSON is a text.
        "sku": ["007", 7],
        "brand": ["Infinity"],
    }


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({"mode": "psychic"}, "mode"),
        ({"limit": "1000"}, "limit"),
        ({"q": "x" * 600}, "q"),
        ({"price_from": "-1"}, "price_from"),
        ({"price_from": "nan"}, "price_from"),
        ({"currency": "euro"}, "currency"),
        ({"attributes.": "x"}, "attributes"),
    ],
)
def test_a_question_that_is_none_is_refused_with_its_field(
    searcher: httpx.Client, index: Index, params: dict[str, str], field: str
) -> None:
    answer = searcher.get(SEARCH, params=params)

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"].startswith(field)
    assert index.asked == []


def test_what_is_wrong_within_the_index_is_not_told(searcher: httpx.Client, index: Index) -> None:
    index.status, index.body = 500, f"Traceback … at {index.url} with token let-me-in"

    answer = searcher.get(SEARCH, params={"q": "lamp"})

    assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
    assert answer.json()["type"] == "urn:warren:problem:search-unavailable"
    assert "127.0.0.1" not in answer.text
    assert "let-me-in" not in answer.text


@pytest.mark.parametrize("body", ["no json", "{}", '{"hits": 3}'])
def test_an_answer_that_is_none_is_no_answer(
    searcher: httpx.Client, index: Index, body: str
) -> None:
    index.body = body

    assert searcher.get(SEARCH, params={"q": "lamp"}).status_code == 503


def test_a_slow_index_is_left_alone_after_some_failures(
    searcher: httpx.Client, index: Index
) -> None:
    index.delay = 5.0
    for _ in range(5):
        assert searcher.get(SEARCH, params={"q": "lamp"}).status_code == 503
    asked = len(index.asked)

    answer = searcher.get(SEARCH, params={"q": "lamp"})

    assert answer.status_code == 503
    assert len(index.asked) == asked == 5


def test_a_callers_slow_provider_does_not_end_the_searches_of_others(
    searcher: httpx.Client, index: Index
) -> None:
    index.delay = 5.0
    key = {"X-Embedding-Api-Key": "sk-slow"}
    for _ in range(6):
        answer = searcher.get(SEARCH, params={"q": "lamp", "mode": "semantic"}, headers=key)
        assert answer.status_code == 503
    assert len(index.asked) == 5

    index.delay = 0.0

    assert searcher.get(SEARCH, params={"q": "lamp"}).status_code == 200


@pytest.mark.parametrize("status", [424, 429])
def test_what_a_callers_provider_does_is_no_failure_of_the_index(
    searcher: httpx.Client, index: Index, status: int
) -> None:
    index.status = status
    key = {"X-Embedding-Api-Key": "sk-slow"}

    for _ in range(8):
        answer = searcher.get(SEARCH, params={"q": "lamp", "mode": "semantic"}, headers=key)
        assert answer.status_code == 503
        assert "embedding provider" in answer.json()["detail"]

    assert len(index.asked) == 8


def test_without_an_index_it_is_said_what_is_missing(client: httpx.Client) -> None:
    answer = client.get(SEARCH, params={"q": "lamp"})

    assert answer.status_code == 503
    assert "WARREN_SEARCH_URL" in answer.json()["detail"]


def test_the_numbers_tell_how_questions_were_answered(searcher: httpx.Client) -> None:
    searcher.get(SEARCH, params={"q": "lamp"})

    numbers = searcher.get("/metrics").text

    assert 'warren_search_seconds_count{mode="text",outcome="answered"} 1.0' in numbers
