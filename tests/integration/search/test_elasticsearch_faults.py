"""What happens when Elasticsearch misbehaves: nothing is lost, and each error means what it is."""

import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest

from indexer.adapters.elasticsearch_index import ElasticsearchIndex
from indexer.config import IndexSettings
from indexer.errors import IndexUnavailable
from indexer.ports import CatalogueIndex, DocumentWrite, Outcome, Scope
from tests.integration.search.behaviour import PRODUCT, Catalogue, item
from warren.errors import Unavailable
from warren.providers import ProviderBoard
from warren.stack.ports import free_port
from warren.testing.deadline import eventually
from warren.testing.elasticsearch_node import ElasticsearchNode

pytestmark = [pytest.mark.elasticsearch, pytest.mark.slow]


def opened(url: str, timeout: float = 5.0) -> ElasticsearchIndex:
    settings = IndexSettings(
        elasticsearch_url=url, elasticsearch_prefix="faults", elasticsearch_timeout=timeout
    )
    return ElasticsearchIndex(settings, ProviderBoard())


@pytest.fixture
def catalogue(elasticsearch_node: ElasticsearchNode) -> Iterator[Catalogue]:
    index = opened(elasticsearch_node.url)
    yield Catalogue(index)
    index.close()


def writes(catalogue: Catalogue, count: int) -> list[DocumentWrite]:
    return [
        DocumentWrite(catalogue.customer_id, f"item-{n}", n + 1, item(f"item-{n}", f"Cup {n}"))
        for n in range(count)
    ]


def insist(index: CatalogueIndex, wanted: list[DocumentWrite]) -> None:
    """As the jobs do: again and again, while the index is unavailable."""

    def written() -> bool:
        try:
            outcomes = index.write(PRODUCT, wanted)
        except Unavailable:
            return False
        return {outcome.outcome for outcome in outcomes} == {Outcome.APPLIED}

    eventually(written, within=90)


def test_a_server_that_is_not_there_is_unavailable() -> None:
    port = free_port()
    index = opened(f"http://127.0.0.1:{port}")
    write = DocumentWrite(uuid4(), "a", 1, item("a"))

    for _ in range(8):  # (with the circuit closed, and open)
        with pytest.raises(IndexUnavailable) as raised:
            index.write(PRODUCT, [write])
        assert 1 <= (raised.value.retry_after or 0) <= 60
        # Callers read why their task waits: not where the index is
        assert str(port) not in str(raised.value)
    index.close()


@pytest.mark.timeout(400)
def test_a_node_that_misbehaves_in_every_way_ends_with_all_that_was_written(
    elasticsearch_node: ElasticsearchNode, catalogue: Catalogue
) -> None:
    """One node for all: each start of one takes seconds."""
    node, index = elasticsearch_node, catalogue.index

    # Killed in the middle of a bulk, and started again
    wanted = writes(catalogue, 20_000)
    with ThreadPoolExecutor(1) as pool:
        run = pool.submit(insist, index, wanted)
        eventually(lambda: _count(catalogue) > 2_000, within=60)
        node.kill()
        node.start()
        run.result(120)
    assert {name: held[0] for name, held in catalogue.held().items()} == {
        write.id: write.version for write in wanted
    }

    # Frozen for longer than the time-out: unavailable, and nobody's fault
    pid = node.pid or 0
    os.kill(pid, signal.SIGSTOP)
    late = DocumentWrite(catalogue.customer_id, "late", 30_000, item("late", "Late cup"))
    with pytest.raises(IndexUnavailable, match="no answer"):
        index.write(PRODUCT, [late])
    os.kill(pid, signal.SIGCONT)
    insist(index, [late])

    # Read-only, as Elasticsearch makes an index when its disk is full
    alias = "faults-product"
    client = index.client  # type: ignore[attr-defined]
    client.indices.put_settings(index=alias, settings={"index.blocks.read_only_allow_delete": True})
    full = DocumentWrite(catalogue.customer_id, "full", 30_001, item("full"))
    (outcome,) = index.write(PRODUCT, [full])
    assert (outcome.outcome, "blocked" in outcome.reason) == (Outcome.POSTPONED, True)
    client.indices.put_settings(index=alias, settings={"index.blocks.read_only_allow_delete": None})
    insist(index, [full])

    assert catalogue.found("late cup")[0] == "late"
    assert _count(catalogue) == 20_002


def _count(catalogue: Catalogue) -> int:
    try:
        catalogue.index.refresh(PRODUCT)
        return catalogue.index.count(PRODUCT, Scope(catalogue.customer_id))
    except Unavailable:
        return 0
