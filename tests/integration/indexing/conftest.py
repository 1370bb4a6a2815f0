"""Whole systems that index a catalogue: one on the embedded index, one on Elasticsearch."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.integration.indexing.shop import Shop
from warren.errors import ConfigurationError
from warren.stack.plan import StackPlan, WorkerPlan
from warren.stack.stack import Stack
from warren.testing.elasticsearch_node import ElasticsearchNode
from warren.testing.servers import missing_server, run_folder, shared_server


@pytest.fixture(scope="module")
def embedded_shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """What `make up` runs, without the other services."""
    with _running(tmp_path_factory.mktemp("embedded"), {}) as stack, Shop(stack) as shop:
        yield shop


@pytest.fixture(scope="module")
def module_node(pytestconfig: pytest.Config) -> Iterator[ElasticsearchNode]:
    """An Elasticsearch that tests of one module stop and kill; they leave it running."""
    name = "elasticsearch-indexing"
    shared_server(pytestconfig, name, ElasticsearchNode)
    folder = run_folder(pytestconfig) / name
    node = ElasticsearchNode(folder / "state")
    yield node
    node.remove()
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def shop(
    tmp_path_factory: pytest.TempPathFactory, module_node: ElasticsearchNode
) -> Iterator[Shop]:
    """The same on Elasticsearch."""
    environment = {
        "INDEXER_ELASTICSEARCH_URL": module_node.url,
        "INDEXER_ELASTICSEARCH_TIMEOUT": "5",
        "INDEXER_UPSERT_RATE": "off",
    }
    with (
        _running(tmp_path_factory.mktemp("elasticsearch"), environment) as stack,
        Shop(stack) as shop,
    ):
        yield shop


@contextmanager
def _running(root: Path, environment: dict[str, str]) -> Iterator[Stack]:
    stack = Stack(
        root, StackPlan(workers=[WorkerPlan("indexer", concurrency=4)], environment=environment)
    )
    try:
        stack.start()
    except ConfigurationError as missing:
        missing_server(str(missing))
    try:
        yield stack
    finally:
        stack.stop()
