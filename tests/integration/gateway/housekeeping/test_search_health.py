"""The health check asks the search node, which asks its index."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
import uvicorn
from pydantic import SecretStr

from gateway.housekeeping.checking.health import PartHealth, check_all
from gateway.housekeeping.config import HousekeepingSettings
from gateway.server import listen
from indexer.adapters.elasticsearch_index import ElasticsearchIndex
from indexer.adapters.tantivy_index import TantivyIndex
from indexer.config import IndexSettings
from indexer.ports import CatalogueIndex
from indexer.query import create_app
from tests.integration.gateway.housekeeping.conftest import House
from warren.providers import ProviderBoard
from warren.stack.ports import free_port
from warren.testing.deadline import eventually

pytestmark = pytest.mark.postgres


@pytest.fixture
def serve_index() -> Iterator[Callable[[CatalogueIndex], str]]:
    """A search node over an index; returns its address."""
    running: list[tuple[uvicorn.Server, threading.Thread]] = []

    def serve(index: CatalogueIndex) -> str:
        listening = listen("127.0.0.1", 0)
        app = create_app(index, SecretStr("a-token-for-tests-only"))
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, ws="none", lifespan="off"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        running.append((server, thread))
        eventually(lambda: server.started)
        return f"http://127.0.0.1:{listening.getsockname()[1]}"

    yield serve
    for server, thread in running:
        server.should_exit = True
        thread.join(10)


def _search(house: House, url: str | None) -> PartHealth | None:
    told = {"database_url": house.database.url, "amqp_url": "amqp://guest:guest@127.0.0.1:1/%2F"}
    settings = HousekeepingSettings.model_validate({**told, "search_url": url})
    with psycopg.connect(house.database.url, autocommit=True) as connection:
        return check_all(connection, settings).checks.get("search")


def test_a_search_node_whose_index_answers_is_well(
    house: House, serve_index: Callable[[CatalogueIndex], str], tmp_path: Path
) -> None:
    url = serve_index(TantivyIndex(IndexSettings(folder=tmp_path / "search")))

    part = _search(house, url)

    assert part is not None
    assert (part.problem, part.latency_ms > 0) == (None, True)


def test_a_search_node_without_its_index_is_not_and_says_why(
    house: House, serve_index: Callable[[CatalogueIndex], str]
) -> None:
    settings = IndexSettings(elasticsearch_url=f"http://127.0.0.1:{free_port()}")
    index = ElasticsearchIndex(settings, ProviderBoard())
    url = serve_index(index)

    part = _search(house, url)

    assert part is not None
    assert f"{url}/readyz answers 503: the search index gave no answer" in str(part.problem)
    index.close()


def test_a_search_node_that_is_not_there_is_not_well(house: House) -> None:
    part = _search(house, f"http://127.0.0.1:{free_port()}")

    assert part is not None
    assert "does not answer within" in str(part.problem)


def test_without_a_search_node_there_is_nothing_to_ask(house: House) -> None:
    assert _search(house, None) is None
