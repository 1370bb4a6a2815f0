"""What the housekeeper tells Prometheus of the database."""

from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import pytest
from prometheus_client import CollectorRegistry

from gateway.database_session import DatabaseSession
from gateway.housekeeping.gauges import DatabaseGauges
from warren.contracts.ids import new_id

pytestmark = pytest.mark.postgres

CUSTOMERS = 40
_SYNC = """
INSERT INTO syncs (entity_id, customer_id, entity, desired_version, deleted, state)
VALUES (gen_random_uuid(), %s, %s, 1, %s, %s)
"""
_ITEM = """
INSERT INTO catalogue_items (customer_id, entity_kind, id, version, deleted, content_hash, item,
    with_embedding, task_id, indexed_version)
VALUES (%s, 'product', %s, %s, false, 'h', '{}', false, gen_random_uuid(), %s)
"""


@pytest.fixture
def look(database: Any) -> Iterator[Callable[[], CollectorRegistry]]:
    """Read the database anew, as the housekeeper does every ten seconds."""
    database.ask("DELETE FROM catalogue_items")
    session = DatabaseSession(database.url, name="gauges")
    gauges = DatabaseGauges(session)
    registry = CollectorRegistry()
    registry.register(gauges)

    def looked() -> CollectorRegistry:
        gauges.look()
        return registry

    yield looked
    session.close()


def _backlog(registry: CollectorRegistry) -> dict[tuple[str, str], float]:
    return {
        (sample.labels["domain"], sample.labels["bucket"]): sample.value
        for family in registry.collect()
        if family.name == "warren_sync_backlog"
        for sample in family.samples
    }


def test_what_is_not_in_step_is_told_by_the_last_digit_of_the_customers_id(
    database: Any, look: Callable[[], CollectorRegistry]
) -> None:
    one, other = UUID(int=0xA), UUID(int=0xB)
    for customer, entity, deleted, state in (
        (one, "faq", False, "pending"),
        (one, "faq", True, "failed"),
        (one, "faq", False, "synced"),
        (other, "faq", False, "pending"),
        (one, "document", False, "pending"),
        (one, "document_index", False, "pending"),
    ):
        database.ask(_SYNC, customer, entity, deleted, state)
    for id_, version, indexed in (("behind", 2, 1), ("in step", 3, 3)):
        database.ask(_ITEM, other, id_, version, indexed)

    assert _backlog(look()) == {
        ("faqs", "a"): 2,
        ("faqs", "b"): 1,
        ("documents", "a"): 1,
        ("product", "b"): 1,
    }


def test_many_customers_make_no_more_than_sixteen_buckets_and_they_go_again(
    database: Any, look: Callable[[], CollectorRegistry]
) -> None:
    for _ in range(CUSTOMERS):
        database.ask(_SYNC, new_id(), "faq", False, "pending")

    backlog = _backlog(look())

    assert sum(backlog.values()) == CUSTOMERS
    assert 1 < len(backlog) <= 16
    database.ask("UPDATE syncs SET state = 'synced'")
    assert _backlog(look()) == {}
