"""Which failures leave a dead letter, and what the broker's own dead messages lead to."""

import threading
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson
import pika
import psycopg
import pytest

from gateway.dead_letters.resolving import discard_letters, replay_letters
from gateway.dead_letters.selection import LetterFilter
from gateway.kinds.projections import record_announcement
from gateway.recording.store import StatusStore
from gateway.tasks.ending import end_tasks
from gateway.tasks.generations import start_generation
from warren.contracts.endings import cancelled, expired, failed
from warren.contracts.ids import new_id
from warren.contracts.kinds import Announcement, KindDefinition
from warren.contracts.message import Dispatch, JobMessage, JobOptions
from warren.contracts.status import Status, encode_statuses
from warren.messaging.delivery import Delivery
from warren.messaging.publisher import Publisher
from warren.messaging.topology import DEAD_EXCHANGE, DEAD_QUEUE
from warren.testing.deadline import eventually
from warren.testing.publishing import publish_confirmed

pytestmark = pytest.mark.postgres


def bodies(*statuses: Status) -> list[bytes]:
    return [encode_statuses([status]) for status in statuses]


def job(task: UUID, *, dispatch: int = 1, kind: str = "test.echo") -> bytes:
    message = JobMessage(
        dispatch=Dispatch(task, 1, dispatch),
        kind=kind,
        queue="test.default",
        payload={"text": "a"},
        options=JobOptions(customer_id=new_id()),
    )
    return message.encode(datetime.now(UTC))


def dead(body: bytes, *, reason: str = "rejected", message_id: str | None = None) -> Delivery:
    death = {"reason": reason, "queue": "test.default", "time": datetime.now(UTC), "count": 1}
    properties = pika.BasicProperties(
        message_id=message_id,
        headers={
            "x-death": [death],
            "x-first-death-reason": reason,
            "x-first-death-queue": "test.default",
        },
    )
    return Delivery(DEAD_QUEUE, body, properties, False, 0, 1, 1)


def letters(tasks: Any) -> list[tuple[Any, ...]]:
    found: list[tuple[Any, ...]] = tasks.rows(
        "SELECT source, task_id, generation, dispatch FROM dead_letters ORDER BY id"
    )
    return found


def failure(statuses: Any, task: UUID, source: str, message: str = "no") -> Status:
    error = {"type": "VoiceNotFound", "message": message, "traceback": "Traceback: line 1"}
    data = {"source": source, "error": error, "processing_seconds": 1}
    status: Status = statuses.make(task, "task.failed", data)
    return status


def test_a_failure_of_a_kind_that_wants_no_letters_leaves_none(
    store: StatusStore, tasks: Any, statuses: Any, database_url: str
) -> None:
    check = KindDefinition(
        kind="test.check", version=1, service="test", payload_schema={}, dead_letter=False
    )
    announcement = Announcement(service="test", release="1", incarnation="a", kinds=[check])
    with psycopg.connect(database_url) as connection:
        record_announcement(connection, announcement)
    (checked,) = tasks.dispatched(kind="test.check")
    (lost,) = tasks.dispatched(kind="test.check")
    (other,) = tasks.dispatched()

    store.record_statuses(
        bodies(failure(statuses, checked, "exhausted"), failure(statuses, other, "exhausted"))
    )
    with psycopg.connect(database_url) as connection:
        end_tasks(connection, [lost], lambda row: failed("lost", "Lost", "nobody has it"))

    assert letters(tasks) == [("exhausted", other, 1, 1)]
    assert [tasks.row(task)["state"] for task in (checked, lost, other)] == ["failed"] * 3


@pytest.mark.parametrize("source", ["permanent", "exhausted", "crashed"])
def test_a_failure_leaves_one_letter_with_its_message_and_traceback(
    store: StatusStore, tasks: Any, statuses: Any, source: str
) -> None:
    (task,) = tasks.dispatched()
    outcome = failure(statuses, task, source, "there is no voice 'x'")

    store.record_statuses(bodies(outcome))
    store.record_statuses(bodies(outcome))

    assert letters(tasks) == [(source, task, 1, 1)]
    (row,) = tasks.rows("SELECT error, message, cause, attempts, queue, kind FROM dead_letters")
    assert row[0]["traceback"] == "Traceback: line 1"
    kept = JobMessage.decode(bytes(row[1]))
    assert (kept.dispatch, kept.kind, kept.payload) == (Dispatch(task, 1, 1), "test.echo", {})
    assert row[2:] == ("VoiceNotFound: there is no voice …", 1, "test.default", "test.echo")


def test_what_the_caller_did_wrong_and_what_was_cancelled_leaves_no_letter(
    store: StatusStore, tasks: Any, statuses: Any
) -> None:
    one, other = tasks.dispatched(2)
    store.record_statuses(
        bodies(failure(statuses, one, "rejected"), statuses.make(other, "task.cancelled", {}))
    )
    assert letters(tasks) == []


def test_a_lost_task_leaves_a_letter_of_the_dispatch_that_was_lost(
    tasks: Any, database: psycopg.Connection[Any], database_url: str
) -> None:
    (task,) = tasks.dispatched()
    database.execute("UPDATE in_flight SET dispatch = 3")
    with psycopg.connect(database_url) as connection:
        end_tasks(connection, [task], lambda row: failed("lost", "Lost", "nobody holds it"))
    assert letters(tasks) == [("lost", task, 1, 3)]
    assert tasks.row(task)["error"]["source"] == "lost"
    assert tasks.rows("SELECT 1 FROM in_flight") == []


def test_an_end_without_a_status_happens_once(tasks: Any, database_url: str) -> None:
    one, other = tasks.dispatched(2)
    with psycopg.connect(database_url) as connection:
        first = end_tasks(
            connection,
            [one, other],
            lambda row: expired() if row.id == one else cancelled("key:me"),
        )
        second = end_tasks(connection, [one, other], lambda row: expired())
    assert [len(first), len(second)] == [2, 0]
    assert (tasks.row(one)["state"], tasks.row(other)["state"]) == ("expired", "cancelled")
    assert tasks.rows("SELECT type, data FROM task_history ORDER BY task_id") == [
        ("task.expired", {}),
        ("task.cancelled", {"by": "key:me"}),
    ]


@pytest.mark.parametrize(
    ("reason", "kind", "source"),
    [("delivery_limit", "test.echo", "delivery_limit"), ("rejected", "test.x", "unknown_kind")],
)
def test_a_message_that_the_broker_gave_up_fails_its_task(
    store: StatusStore, tasks: Any, reason: str, kind: str, source: str
) -> None:
    (task,) = tasks.dispatched()
    message = dead(job(task, kind=kind), reason=reason)

    store.record_dead([message, message])
    store.record_dead([message])

    assert letters(tasks) == [(source, task, 1, 1)]
    row = tasks.row(task)
    assert (row["state"], row["error"]["source"]) == ("failed", source)
    ((x_death,),) = tasks.rows("SELECT x_death FROM dead_letters")
    assert (x_death[0]["reason"], x_death[0]["queue"]) == (reason, "test.default")


def test_a_message_that_nobody_can_read_fails_the_task_that_its_properties_name(
    store: StatusStore, tasks: Any
) -> None:
    (task,) = tasks.dispatched()
    store.record_dead([dead(b"\xff\x00 not json", message_id=f"{task}.1.1")])
    assert letters(tasks) == [("undecodable", task, 1, 1)]
    assert tasks.row(task)["state"] == "failed"


@pytest.mark.parametrize(
    "body", [b"", b"\xff\x00", b"{}", b'{"args":[1],"message_id":"\\u0000"}', b"[" * 5000]
)
def test_a_message_over_which_nothing_is_known_is_a_letter_all_the_same(
    store: StatusStore, tasks: Any, body: bytes
) -> None:
    store.record_dead([dead(body), dead(body)])
    assert letters(tasks) == [("undecodable", None, None, None)]
    ((kept,),) = tasks.rows("SELECT message FROM dead_letters")
    assert bytes(kept) == body


def test_impossible_numbers_in_a_message_do_not_keep_it_from_becoming_a_letter(
    store: StatusStore, tasks: Any
) -> None:
    store.record_dead([dead(job(new_id(), dispatch=2**40), reason="delivery_limit")])
    assert letters(tasks) == [("delivery_limit", None, None, None)]


def test_a_dead_message_of_a_task_that_has_moved_on_changes_only_the_letters(
    store: StatusStore, tasks: Any, statuses: Any
) -> None:
    done, retried = tasks.dispatched(2)
    store.record_statuses(bodies(statuses.succeeded(done), statuses.retrying(retried)))

    store.record_dead([dead(job(task), reason="delivery_limit") for task in (done, retried)])

    assert (tasks.row(done)["state"], tasks.row(retried)["state"]) == ("succeeded", "retrying")
    assert len(letters(tasks)) == 2


def test_replaying_by_filter_starts_every_failed_task_once(
    store: StatusStore, tasks: Any, statuses: Any, database_url: str
) -> None:
    ids = tasks.dispatched(5)
    store.record_statuses(bodies(*(failure(statuses, task, "permanent") for task in ids)))
    chosen = LetterFilter(queue="test.default")

    with psycopg.connect(database_url) as connection:
        first = replay_letters(connection, chosen, 3, "key:op")
        second = replay_letters(connection, chosen, 3, "key:op", after=first.last)
        third = replay_letters(connection, chosen, 3, "key:op", after=second.last)
    assert [first.done, second.done, third.done] == [3, 2, 0]
    assert third.last is None
    assert tasks.rows("SELECT DISTINCT resolution, resolved_by FROM dead_letters") == [
        ("replayed", "key:op")
    ]
    rows = tasks.rows("SELECT generation, dispatch, attempt FROM outbox")
    assert rows == [(2, 1, 1)] * 5


def test_discarding_by_filter_says_why_and_an_empty_filter_is_refused(
    store: StatusStore, tasks: Any, statuses: Any, database_url: str
) -> None:
    ids = tasks.dispatched(2)
    store.record_statuses(bodies(*(failure(statuses, task, "permanent") for task in ids)))
    with psycopg.connect(database_url) as connection:
        with pytest.raises(ValueError, match="every dead letter"):
            discard_letters(connection, LetterFilter(), 10, "key:op", reason="no")
        discarded = discard_letters(
            connection, LetterFilter(source="permanent"), 10, "key:op", reason="known"
        )
    assert discarded.done == 2
    assert tasks.rows("SELECT DISTINCT resolution, resolution_reason FROM dead_letters") == [
        ("discarded", "known")
    ]


def test_the_next_generation_starts_afresh_and_runs_to_its_own_end(
    store: StatusStore, tasks: Any, statuses: Any, database_url: str
) -> None:
    (task,) = tasks.dispatched()
    store.record_statuses(bodies(statuses.processing(task), failure(statuses, task, "permanent")))
    with psycopg.connect(database_url) as connection:
        assert start_generation(connection, [task], "key:me") == {task: 2}
        assert start_generation(connection, [task], "key:me") == {}
    row = tasks.row(task)
    assert (row["state"], row["generation"], row["attempt"]) == ("pending", 2, 1)
    assert (row["error"], row["started_at"], row["finished_at"]) == (None, None, None)
    assert ("task.retried", {"by": "key:me"}) in tasks.rows("SELECT type, data FROM task_history")

    store.record_statuses(
        bodies(statuses.make(task, "task.failed", _second_failure(), generation=2))
    )

    assert [letter[2] for letter in letters(tasks)] == [1, 2]


def _second_failure() -> dict[str, Any]:
    error = {"type": "E", "message": "again"}
    return {"source": "exhausted", "error": error, "processing_seconds": 1}


def test_many_who_ask_at_once_start_one_generation(
    store: StatusStore, tasks: Any, statuses: Any, database_url: str
) -> None:
    ids = tasks.dispatched(4)
    store.record_statuses(bodies(*(failure(statuses, task, "permanent") for task in ids)))
    started: list[UUID] = []

    def ask() -> None:
        with psycopg.connect(database_url) as connection:
            started.extend(start_generation(connection, reversed(ids), "key:me"))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(started) == sorted(ids)
    assert tasks.rows("SELECT count(*) FROM outbox") == [(4,)]


@pytest.mark.rabbitmq
def test_the_recorder_empties_the_brokers_dead_letter_queue(
    recording: Any, tasks: Any, amqp_url: str
) -> None:
    (task,) = tasks.dispatched()
    publisher = Publisher(amqp_url, name="test", timeout=20)
    publisher.start()
    try:
        bodies = (job(task, kind="test.unknown"), orjson.dumps({"who": "knows"}))
        publish_confirmed(publisher, "x", *bodies, exchange=DEAD_EXCHANGE)
        with recording():
            eventually(lambda: len(letters(tasks)) == 2)
            eventually(lambda: _is_empty(amqp_url))
    finally:
        publisher.close(5)
    assert tasks.row(task)["error"]["source"] == "unknown_kind"


def _is_empty(amqp_url: str) -> bool:
    connection = pika.BlockingConnection(pika.URLParameters(amqp_url))
    try:
        answer = connection.channel().queue_declare(DEAD_QUEUE, passive=True)
        return int(answer.method.message_count) == 0
    finally:
        connection.close()
