"""Reindexes of several customers are asked for while their tasks are locked elsewhere."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import psycopg
import pytest
from prometheus_client import CollectorRegistry

from gateway.intake.definitions import Definitions
from gateway.reconciling.entities import Entity, scope_id
from gateway.reconciling.issuing import SyncIssuer
from gateway.reconciling.reindexing import Debounce, request_reindexes
from gateway.recording.loading import lock_tasks
from gateway.tasks.routing import Router
from warren.testing.deadline import eventually

pytestmark = pytest.mark.postgres


@pytest.fixture
def request_for(database: Any) -> Callable[..., None]:
    """Ask for reindexes of customers, in one transaction."""
    issuer = SyncIssuer(Router(None, CollectorRegistry()), Definitions())

    def ask(*customers: UUID) -> None:
        with psycopg.connect(database.url) as connection:
            request_reindexes(connection, issuer, Debounce(30, 600), customers)

    return ask


def _waiting(database: Any) -> int:
    ((count,),) = database.ask(
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE wait_event_type = 'Lock' AND datname = current_database()"
    )
    return int(count)


def test_tasks_are_locked_in_the_order_of_all_others_whoever_their_customers_are(
    database: Any, request_for: Callable[..., None]
) -> None:
    # Given two reindexes that wait, that of the later customer with the earlier task
    first, second = sorted(database.customer() for _ in range(2))
    indexes = {each: scope_id(each, Entity.DOCUMENT_INDEX) for each in (first, second)}
    request_for(second)
    request_for(first)
    tasks = [row[0] for row in database.ask("SELECT task_id FROM syncs ORDER BY task_id")]
    with (
        psycopg.connect(database.url) as holder,
        psycopg.connect(database.url) as recorder,
        ThreadPoolExecutor(2) as threads,
    ):
        # When both are put off while a recorder locks their tasks
        holder.execute("SELECT FROM syncs WHERE entity_id = %s FOR UPDATE", [indexes[first]])
        asking = threads.submit(request_for, first, second)
        eventually(lambda: _waiting(database) == 1)
        recording = threads.submit(lock_tasks, recorder, tasks)
        eventually(lambda: _waiting(database) == 2)
        holder.rollback()

        # Then one waits for the other, and not each for the other
        asking.result(20)
        assert set(recording.result(20).rows) == set(tasks)
