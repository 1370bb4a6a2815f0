"""Elasticsearch for tests: a node that the run shares, an index prefix for each module of tests.

`WARREN_TEST_ELASTICSEARCH_URL` names an external server instead. The program comes from
`deploy/setup/elasticsearch.sh install`, or lies where `WARREN_ELASTICSEARCH_HOME` says.
"""

import os
import secrets
import shutil
from collections.abc import Iterator

import httpx
import pytest

from warren.testing.elasticsearch_node import ElasticsearchNode
from warren.testing.servers import run_folder, shared_server


@pytest.fixture(scope="session")
def elasticsearch_url(pytestconfig: pytest.Config) -> str:
    """Where the node of this test run listens."""
    external = os.environ.get("WARREN_TEST_ELASTICSEARCH_URL")
    return external or shared_server(pytestconfig, "elasticsearch", ElasticsearchNode)


@pytest.fixture(scope="module")
def elasticsearch_prefix(elasticsearch_url: str) -> Iterator[str]:
    """Begins the names of all indices of a module's tests, which are deleted after them."""
    prefix = f"test-{secrets.token_hex(6)}"
    yield prefix
    with httpx.Client(base_url=elasticsearch_url, timeout=30, trust_env=False) as node:
        names = node.get(f"/_cat/indices/{prefix}-*", params={"format": "json"}).json()
        for name in [entry["index"] for entry in names]:
            node.delete(f"/{name}").raise_for_status()


@pytest.fixture
def elasticsearch_node(pytestconfig: pytest.Config) -> Iterator[ElasticsearchNode]:
    """A running node for one test that stops, kills or freezes it."""
    name = f"elasticsearch-{os.environ.get('PYTEST_XDIST_WORKER', 'own')}"
    shared_server(pytestconfig, name, ElasticsearchNode)
    folder = run_folder(pytestconfig) / name
    node = ElasticsearchNode(folder / "state")
    node.start()
    yield node
    node.remove()
    shutil.rmtree(folder)
