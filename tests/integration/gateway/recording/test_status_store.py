"""What statuses do to the tables."""

import random
import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from gateway.database_session import DatabaseSession
from gateway.database_work import DatabaseWork
from gateway.recording.store import StatusStore
from warren.contracts.ids import new_id
from warren.contracts.status import Status, encode_statuses
from warren.testing.deadline import eventually

pytestmark = pytest.mark.postgres
_WAITING = """
SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
"""


def bodies(*statuses: Status) -> list[bytes]:
    return [encode_statuses([status]) for status in statuses]


def test_a_task_that_starts_and_succeeds(store: StatusStore, tasks: Any, statuses: Any) -> None:
    (task,) = tasks.dispatched()

    store.record_statuses(bodies(statuses.processing(task)))

    row = tasks.row(task)
    assert (row["state"], row["dispatch"], row["rank"]) == ("processing", 1, 1)
    assert row["queued_at"] <= row["started_at"] == row["attempt_started_at"]
    assert row["worker"] == "host-1-1"
    assert tasks.rows("SELECT started_at IS NOT NULL FROM in_flight") == [(True,)]

    store.record_statuses(bodies(statuses.succeeded(task, {"n": [1, None, "é"]})))

    row = tasks.row(task)
    assert (row["state"], row["result"], row["progress"]) == (
        "succeeded",
        {"n": [1, None, "é"]},
        100,
    )
    assert row["processing_seconds"] == 1.5
    assert row["finished_at"] >= row["started_at"]
    assert tasks.rows("SELECT 1 FROM in_flight UNION ALL SELECT 1 FROM outbox") == []
    history = tasks.rows("SELECT type, data FROM task_history ORDER BY type")
    assert history[0] == ("task.processing", {})
    assert history[1][1]["processing_seconds"] == 1.5
    assert "result" not in history[1][1]


def test_retrying_makes_a_row_that_is_due_after_the_delay(
    store: StatusStore, tasks: Any, statuses: Any
) -> None:
    (task,) = tasks.dispatched()

    store.record_statuses(bodies(statuses.processing(task), statuses.retrying(task, delay=60)))

    row = tasks.row(task)
    assert (row["state"], row["waiting_for"]) == ("retrying", "backoff")
    assert row["error"] == {"type": "EngineBusy", "message": "try later"}
    (due,) = tasks.rows(
        "SELECT task_id, dispatch, attempt, kind, queue, available_at - now() FROM outbox"
    )
    assert due[:5] == (task, 2, 2, "test.echo", "test.default")
    assert timedelta(seconds=50) < due[5] <= timedelta(seconds=60)
    assert tasks.rows("SELECT 1 FROM in_flight") == []


def test_a_permanent_failure_ends_the_task(store: StatusStore, tasks: Any, statuses: Any) -> None:
    (task,) = tasks.dispatched()

    store.record_statuses(bodies(statuses.failed(task, "no voice \0 called x")))

    row = tasks.row(task)
    assert row["state"] == "failed"
    assert row["error"] == {
        "type": "VoiceNotFound",
        "message": "no voice � called x",
        "source": "permanent",
    }


def test_duplicates_change_nothing(store: StatusStore, tasks: Any, statuses: Any) -> None:
    (task,) = tasks.dispatched()
    reported = [statuses.processing(task), statuses.retrying(task)]
    store.record_statuses(bodies(*reported))
    before = (tasks.row(task), tasks.rows("SELECT * FROM outbox"))

    store.record_statuses(bodies(*reported, *reported))
    store.record_statuses([encode_statuses(reported)])

    assert (tasks.row(task), tasks.rows("SELECT * FROM outbox")) == before
    assert tasks.rows("SELECT count(*) FROM task_history") == [(2,)]


def test_files_of_a_success_become_artifacts_of_its_customer(
    store: StatusStore, tasks: Any, statuses: Any
) -> None:
    speech, other = tasks.dispatched(kind="tts.synthesize") + tasks.dispatched()
    files = {
        task: {
            "id": str(new_id()),
            "sha256": "ab" * 32,
            "size": 9,
            "media_type": "audio/wav",
            "name": "speech.wav",
        }
        for task in (speech, other)
    }

    for _ in range(2):
        store.record_statuses(
            bodies(*(statuses.succeeded(task, artifacts=[files[task]]) for task in files))
        )

    rows = tasks.rows(
        "SELECT task_id, customer_id, size, name, expires_at - created_at"
        " FROM artifacts ORDER BY id"
    )
    month, week = timedelta(days=30), timedelta(days=7)
    assert rows == [
        (speech, tasks.customer, 9, "speech.wav", month),
        (other, tasks.customer, 9, "speech.wav", week),
    ]


def test_a_status_that_cannot_be_stored_is_set_aside_and_its_neighbours_are_recorded(
    store: StatusStore, tasks: Any, statuses: Any
) -> None:
    ids = tasks.dispatched(20)
    reported = [statuses.processing(task) for task in ids]
    reported[7] = statuses.poison(ids[7])

    store.record_statuses([encode_statuses(reported), *bodies(statuses.succeeded(ids[7]))])

    states = dict(tasks.rows("SELECT state, count(*) FROM tasks GROUP BY 1"))
    assert states == {"processing": 19, "succeeded": 1}
    ((queue, error),) = tasks.rows("SELECT queue, error FROM quarantined_status")
    assert queue == "warren.status"
    assert "out of range" in error


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"\xff\xfe", "JSONDecodeError"),
        (b"[]", "JSON object"),
        (b'{"type": "task.processing"}', "task_id"),
        (b'{"batch": [{"type": "task.vanished"}]}', "task.vanished"),
    ],
)
def test_what_is_no_status_is_set_aside(
    body: bytes, reason: str, store: StatusStore, tasks: Any, statuses: Any
) -> None:
    (task,) = tasks.dispatched()

    store.record_statuses([body, *bodies(statuses.processing(task))])

    assert tasks.row(task)["state"] == "processing"
    ((error,),) = tasks.rows("SELECT error FROM quarantined_status")
    assert reason in error


def test_a_status_of_an_unknown_task_is_set_aside(
    store: StatusStore, tasks: Any, statuses: Any
) -> None:
    (task,) = tasks.dispatched()
    nobody = new_id()

    store.record_statuses(bodies(statuses.processing(nobody), statuses.processing(task)))

    assert tasks.row(task)["state"] == "processing"
    assert tasks.rows("SELECT error FROM quarantined_status") == [(f"there is no task {nobody}",)]


def test_statuses_that_overtake_the_relay_wait_for_its_commit(
    store: StatusStore, tasks: Any, statuses: Any, database_url: str
) -> None:
    (task,) = tasks.dispatched()
    with psycopg.connect(database_url, connect_timeout=10) as relay:
        # Given a relay that has published a task and not yet committed
        relay.execute("DELETE FROM in_flight")
        relay.execute(
            "INSERT INTO outbox (task_id, generation, dispatch, attempt, kind, version, queue,"
            " customer_id) VALUES (%s, 1, 1, 1, 'test.echo', 1, 'test.default', %s)",
            [task, tasks.customer],
        )
        relay.commit()
        relay.execute("SELECT 1 FROM outbox FOR UPDATE")

        # When its first status comes
        reported = bodies(statuses.processing(task))
        recorder = threading.Thread(target=store.record_statuses, args=[reported])
        recorder.start()
        eventually(lambda: tasks.rows(_WAITING))
        relay.execute("DELETE FROM outbox")
        relay.execute(
            "INSERT INTO in_flight (task_id, generation, dispatch, queue)"
            " VALUES (%s, 1, 1, 'test.default')",
            [task],
        )
        relay.commit()
        recorder.join(10)

    # Then the recorder sees when it was published
    (published_at,) = tasks.rows("SELECT published_at FROM in_flight")[0]
    assert tasks.row(task)["queued_at"] == published_at


def test_two_recorders_on_shuffled_duplicates_end_where_one_would(
    tasks: Any, statuses: Any, database_url: str
) -> None:
    ids = tasks.dispatched(200)
    reported = []
    for task in ids:
        reported += [statuses.processing(task), statuses.retrying(task, delay=0)]
        reported += [statuses.processing(task, dispatch=2, attempt=2)]
        reported += [statuses.failed(task, dispatch=2, attempt=2)]
    chaos = random.Random(7)

    def record() -> None:
        work = DatabaseWork(
            DatabaseSession(database_url, name="warren-recorder"), threading.Event()
        )
        store = StatusStore(work, [], batch=37)
        mine = [status for status in reported for _ in range(2)]
        chaos.shuffle(mine)
        store.record_statuses(bodies(*mine))
        work.close()

    threads = [threading.Thread(target=record) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    ends = tasks.rows("SELECT DISTINCT state, dispatch, rank, attempt FROM tasks")
    assert ends == [("failed", 2, 2, 2)]
    assert tasks.rows("SELECT 1 FROM outbox UNION ALL SELECT 1 FROM in_flight") == []
    assert tasks.rows("SELECT count(*) FROM task_history WHERE type = 'task.failed'") == [(200,)]
    assert tasks.rows("SELECT count(*) FROM quarantined_status") == [(0,)]


def test_a_store_whose_connection_was_killed_makes_another(
    store: StatusStore, tasks: Any, statuses: Any
) -> None:
    first, second = tasks.dispatched(2)
    store.record_statuses(bodies(statuses.processing(first)))

    tasks.rows(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND application_name = 'warren-recorder'"
    )
    store.record_statuses(bodies(statuses.processing(second)))

    assert tasks.row(second)["state"] == "processing"


def test_beats_and_announcements_become_rows(store: StatusStore, tasks: Any) -> None:
    now = datetime.now(UTC).isoformat()
    beat = (
        '{"type": "beat", "incarnation": "h-1-1", "name": "tts-1", "service": "tts", "host": "h",'
        f' "release": "1", "pid": 1, "started_at": "{now}", "at": "{now}",'
        ' "queues": ["tts.default"], "slots_total": 4}'
    )
    announcement = (
        '{"type": "announcement", "service": "tts", "release": "1", "incarnation": "h-1-1",'
        ' "kinds": [{"kind": "tts.synthesize", "version": 1, "service": "tts",'
        ' "payload_schema": {"type": "object"}}]}'
    )

    store.record_control([beat.encode(), announcement.encode(), b'{"type": "gossip"}'])

    assert tasks.rows("SELECT name, service FROM workers") == [("tts-1", "tts")]
    assert tasks.rows("SELECT kind, version FROM job_kinds") == [("tts.synthesize", 1)]
    assert tasks.rows("SELECT queue FROM quarantined_status") == [("warren.control",)]
