"""Elasticsearch is down while writes are accepted: afterwards the index is what they say."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.integration.indexing.shop import URL, Shop, accepted
from warren.testing.deadline import eventually
from warren.testing.elasticsearch_node import ElasticsearchNode

pytestmark = [
    pytest.mark.rabbitmq,
    pytest.mark.postgres,
    pytest.mark.elasticsearch,
    pytest.mark.slow,
]


def _write(shop: Shop, number: int) -> str:
    """The writes of a busy day: 150 items, each written several times, some deleted in between."""
    name = f"item-{number % 150}"
    if number % 7 == 6:
        answer = shop.client.http.delete(f"{URL}/{name}")
        if answer.status_code == 202:
            return accepted(answer)
    return shop.put(name, embed=number % 50 == 0, name=f"Cup {number}", price=number)


@pytest.mark.timeout(400)
def test_500_writes_that_were_accepted_during_an_outage_are_all_there_afterwards(
    shop: Shop, module_node: ElasticsearchNode
) -> None:
    # Given a catalogue, and an Elasticsearch that is stopped
    assert shop.client.wait(shop.put("before", name="Before"))["status"] == "succeeded"
    module_node.kill()

    # When 500 writes are accepted, and everything is deleted in their middle
    with ThreadPoolExecutor(8) as pool:
        tasks = list(pool.map(lambda number: _write(shop, number), range(250)))
        tasks.append(accepted(shop.client.http.delete(URL, params={"confirm": True})))
        tasks += pool.map(lambda number: _write(shop, number), range(250, 499))
    assert len(set(tasks)) == 500

    # Then they wait, and none has failed
    def waits() -> bool:
        error = shop.client.status(tasks[0]).get("error") or {}
        return error.get("type") == "IndexUnavailable"

    eventually(waits, within=60, seen=lambda: shop.client.status(tasks[0]))
    assert set(shop.states()) <= {"succeeded", "pending", "processing", "retrying"}
    assert shop.states()["succeeded"] == 1

    # And when Elasticsearch is back, every task succeeds and the index is the source of truth
    module_node.start()
    assert set(shop.wait_for_all(240)) == {"succeeded"}
    assert shop.indexed() == shop.desired()
    assert len(shop.desired()) == 150
    unsynced = shop.ask(
        "SELECT count(*) FROM catalogue_items WHERE indexed_version < version"
        " AND version > (SELECT max(floor) FROM catalogue_floors)"
    )
    assert unsynced == [(0,)]
    assert shop.search("cup 498")[0] == "item-48"


@pytest.mark.timeout(300)
def test_a_bulk_survives_the_kill_of_worker_and_elasticsearch(
    shop: Shop, module_node: ElasticsearchNode
) -> None:
    # Given a bulk that is being written
    items = [{"id": f"bulk-{n}", "name": f"Bowl number {n}"} for n in range(6_000)]
    told = shop.bulk(items)
    eventually(lambda: len(shop.indexed()) > 1_000, within=60)

    # When both are killed, and come back
    module_node.kill()
    shop.stack.kill("indexer")
    module_node.start()

    # Then it ends well, with everything in it
    assert set(shop.wait_for_all(150)) == {"succeeded"}
    results = [shop.client.result(member) for member in told["members"]]
    assert sum(result["applied"] for result in results) == 6_000
    assert shop.indexed() == shop.desired()
