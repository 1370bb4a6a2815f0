"""What jobs state with their success becomes a message and a task for every subscriber, once."""

import threading
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import orjson
import psycopg
import pytest
from prometheus_client import CollectorRegistry

from gateway.alerts.store import Alerts
from gateway.database_session import DatabaseSession
from gateway.database_work import DatabaseWork
from gateway.events.chores import retire_subscriptions
from gateway.recording.config import RecorderSettings
from gateway.recording.control import read_control, record_control
from gateway.recording.projections import all_projections
from gateway.recording.store import StatusStore
from gateway.tasks.cancellation import cancel_tasks
from warren.contracts.events import CloudEvent, event_id, subscriber_task_id
from warren.contracts.kinds import Announcement, KindDefinition, KindSubscription
from warren.contracts.status import Status, encode_statuses

pytestmark = pytest.mark.postgres

TYPE = "book.processed.v1"
EVENT = {"type": TYPE, "data": {"book_id": "b-1", "chapters": 12}}


def _subscriber(kind: str, *, to: Iterable[str] = (TYPE,), **more: Any) -> KindDefinition:
    subscriptions = [KindSubscription(event_type=name, **more) for name in to]
    # Strict, as announced schemas are: events may have more than their subscribers know.
    schema = {
        "type": "object",
        "properties": {"book_id": {"type": "string"}},
        "additionalProperties": False,
    }
    return KindDefinition(
        kind=kind,
        version=1,
        service="indexer",
        max_retries=7,
        payload_schema=schema,
        subscriptions=subscriptions,
    )


def _announce(
    database: psycopg.Connection[Any], *kinds: KindDefinition, release: str = "1.0"
) -> None:
    said = Announcement(service="indexer", release=release, incarnation="x", kinds=list(kinds))
    messages, rejected = read_control([said.model_dump_json().encode()])
    assert rejected == []
    record_control(database, messages)


def _record(store: StatusStore, *statuses: Status) -> None:
    store.record_statuses([encode_statuses(statuses)])


def _published(tasks: Any) -> list[CloudEvent]:
    query = "SELECT body FROM publications WHERE exchange = 'warren.events' ORDER BY id"
    return [CloudEvent.model_validate(orjson.loads(body)) for (body,) in tasks.rows(query)]


def _subscribers_tasks(tasks: Any) -> list[tuple[Any, ...]]:
    found: list[tuple[Any, ...]] = tasks.rows(
        "SELECT kind, state FROM tasks WHERE parent_id IS NOT NULL ORDER BY kind, id"
    )
    return found


def test_each_subscriber_gets_a_task_and_the_world_a_copy(
    database: Any, tasks: Any, statuses: Any, store: StatusStore
) -> None:
    # Given two subscribers of one event, of which one wants all of it, and one of another
    _announce(
        database,
        _subscriber("indexer.index_book"),
        _subscriber("indexer.note_book", envelope=True),
        _subscriber("indexer.other", to=["book.removed.v1"]),
    )
    (book,) = tasks.dispatched()
    # When a task states it with its success, which is told twice
    success = statuses.succeeded(book, events=[EVENT])
    _record(store, success, success)
    _record(store, success)
    # Then there is one message about it
    (event,) = _published(tasks)
    assert (event.id, event.type, event.data) == (event_id(book, 1), TYPE, EVENT["data"])
    assert (event.subject, event.customerid) == (str(book), tasks.customer)
    assert (event.source, event.dataschema) == ("/services/test", f"urn:warren:event:{TYPE}")
    assert event.time == tasks.row(book)["finished_at"]
    assert tasks.rows("SELECT routing_key, mandatory FROM publications") == [(TYPE, False)]
    # And one task for each of its subscribers, which is about to be published
    assert _subscribers_tasks(tasks) == [
        ("indexer.index_book", "pending"),
        ("indexer.note_book", "pending"),
    ]
    index = tasks.row(subscriber_task_id(event.id, "indexer.index_book"))
    assert (index["payload"], index["parent_id"]) == (EVENT["data"], book)
    assert (index["max_attempts"], index["queue"]) == (8, "indexer.default")
    assert (index["customer_id"], index["actor"]) == (tasks.customer, f"event:{event.id}")
    note = tasks.row(subscriber_task_id(event.id, "indexer.note_book"))
    assert CloudEvent.model_validate(note["payload"]) == event
    assert len(tasks.rows("SELECT FROM outbox")) == 2


def test_a_task_that_does_not_succeed_states_nothing(
    database: Any, tasks: Any, statuses: Any, store: StatusStore
) -> None:
    # Given a subscriber, and a task that has failed
    _announce(database, _subscriber("indexer.index_book"))
    (book,) = tasks.dispatched()
    _record(store, statuses.failed(book))
    # When a copy of its message succeeds later
    _record(store, statuses.succeeded(book, events=[EVENT]))
    # Then its event is no fact
    assert (_published(tasks), _subscribers_tasks(tasks)) == ([], [])


def test_two_recorders_that_are_told_of_one_success_issue_its_event_once(
    database: Any, database_url: str, tasks: Any, statuses: Any
) -> None:
    # Given a subscriber, and many successes
    _announce(database, _subscriber("indexer.index_book"))
    books = tasks.dispatched(40)
    told = [statuses.succeeded(book, events=[EVENT, EVENT]) for book in books]
    both = threading.Barrier(2)

    def record(some: list[Status]) -> None:
        session = DatabaseSession(database_url, name="warren-recorder")
        work = DatabaseWork(session, threading.Event())
        recorder = StatusStore(work, all_projections(RecorderSettings()))
        both.wait(20)
        for status in some:
            _record(recorder, status)
        work.close()

    # When two recorders read all of them, in different order
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(record, [told, told[::-1]]))
    # Then every event has one message and one task
    assert len(_published(tasks)) == 80
    assert _subscribers_tasks(tasks) == [("indexer.index_book", "pending")] * 80
    assert tasks.rows("SELECT FROM quarantined_status") == []


def test_a_subscription_gets_nothing_of_the_past(
    database: Any, tasks: Any, statuses: Any, store: StatusStore
) -> None:
    # Given an event that nobody was subscribed to
    book, other = tasks.dispatched(2)
    success = statuses.succeeded(book, events=[EVENT])
    _record(store, success)
    # When somebody subscribes, and the success is told again
    _announce(database, _subscriber("indexer.index_book"))
    _record(store, success)
    # Then there is no task for it, but for the next event
    assert _subscribers_tasks(tasks) == []
    _record(store, statuses.succeeded(other, events=[EVENT]))
    assert _subscribers_tasks(tasks) == [("indexer.index_book", "pending")]


def test_the_highest_release_has_its_way(
    database: Any, tasks: Any, statuses: Any, store: StatusStore
) -> None:
    # Given a release that has withdrawn a subscription, while an older one still announces it
    _announce(database, _subscriber("indexer.index_book"), release="0.9")
    _announce(database, _subscriber("indexer.index_book", to=[]), release="0.10")
    _announce(database, _subscriber("indexer.index_book"), release="0.9")
    first, second = tasks.dispatched(2)
    # When an event is stated, then it becomes no task
    _record(store, statuses.succeeded(first, events=[EVENT]))
    assert _subscribers_tasks(tasks) == []
    # And it does when a higher release subscribes again
    _announce(database, _subscriber("indexer.index_book"), release="1.0")
    _record(store, statuses.succeeded(second, events=[EVENT]))
    assert _subscribers_tasks(tasks) == [("indexer.index_book", "pending")]


def test_a_subscription_that_nobody_announces_ends_with_an_alert(
    database: Any, database_url: str, tasks: Any, statuses: Any, store: StatusStore
) -> None:
    # Given two subscriptions, one of which was announced seven days ago
    _announce(database, _subscriber("indexer.index_book"), _subscriber("indexer.fresh"))
    database.execute(
        "UPDATE subscriptions SET announced_at = now() - interval '7 days 1 minute'"
        " WHERE kind = 'indexer.index_book'"
    )
    alerts = Alerts(CollectorRegistry())

    def keep_house() -> None:
        with psycopg.connect(database_url) as connection:
            retire_subscriptions(connection, alerts)

    standing = "SELECT name, subject FROM alerts WHERE cleared_at IS NULL"
    # When house is kept, twice
    keep_house()
    keep_house()
    # Then it is told of once, and gets nothing
    assert tasks.rows(standing) == [("subscription_not_announced", f"{TYPE} → indexer.index_book")]
    first, second = tasks.dispatched(2)
    _record(store, statuses.succeeded(first, events=[EVENT]))
    assert _subscribers_tasks(tasks) == [("indexer.fresh", "pending")]
    # And once it is announced again it does, and the alert is over
    _announce(database, _subscriber("indexer.index_book"))
    keep_house()
    assert tasks.rows(standing) == []
    _record(store, statuses.succeeded(second, events=[EVENT]))
    assert len(_subscribers_tasks(tasks)) == 3


def test_an_event_that_no_task_can_carry_fails_visibly_and_alone(
    database: Any, tasks: Any, statuses: Any, store: StatusStore
) -> None:
    # Given a subscriber, a success with a large event, one of no type, and one as it should be
    _announce(database, _subscriber("indexer.index_book"))
    large, nameless, good = tasks.dispatched(3)
    huge = {"type": TYPE, "data": {"text": "x" * 70_000}}
    # When they are recorded together
    _record(
        store,
        statuses.succeeded(large, events=[huge]),
        statuses.succeeded(nameless, events=[{"type": "No Type", "data": {}}]),
        statuses.succeeded(good, events=[EVENT]),
    )
    # Then all of them have succeeded
    assert {tasks.row(task)["state"] for task in (large, nameless, good)} == {"succeeded"}
    # And what cannot be done is a task that says so
    failed = tasks.row(subscriber_task_id(event_id(large, 1), "indexer.index_book"))
    assert (failed["state"], failed["error"]["type"]) == ("failed", "PayloadTooLarge")
    states = sorted(state for _, state in _subscribers_tasks(tasks))
    assert states == ["failed", "pending"]
    assert tasks.rows("SELECT FROM quarantined_status") == []


def test_a_subscribers_task_can_be_cancelled_and_leaves_the_publisher_alone(
    database: Any, database_url: str, tasks: Any, statuses: Any, store: StatusStore
) -> None:
    # Given a subscriber's task
    _announce(database, _subscriber("indexer.index_book"))
    (book,) = tasks.dispatched()
    _record(store, statuses.succeeded(book, events=[EVENT]))
    task: UUID = subscriber_task_id(event_id(book, 1), "indexer.index_book")
    # When it is cancelled
    with psycopg.connect(database_url) as connection:
        answers = cancel_tasks(connection, [task], "key:test")
    # Then it, and it alone, is
    assert [answer.state for answer in answers] == ["cancelled"]
    assert tasks.row(book)["state"] == "succeeded"


def test_an_unstorable_success_takes_no_other_events_along(
    database: Any, tasks: Any, statuses: Any, store: StatusStore
) -> None:
    # Given a status that cannot be stored beside a success with an event
    _announce(database, _subscriber("indexer.index_book"))
    bad, good = tasks.dispatched(2)
    # When both come in one message
    _record(store, statuses.poison(bad), statuses.succeeded(good, events=[EVENT]))
    # Then the one is set aside, and the other's event issued once
    assert len(tasks.rows("SELECT FROM quarantined_status")) == 1
    assert len(_published(tasks)) == 1
    assert _subscribers_tasks(tasks) == [("indexer.index_book", "pending")]
