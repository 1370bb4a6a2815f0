"""The ends of members come together in one callback, whoever records them, and however often."""

import os
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest

from gateway.batches.chores import forget_batches
from gateway.recording import loading
from gateway.tasks.cancellation import cancel_tasks
from gateway.tasks.generations import start_generation
from warren.contracts.ids import id_at
from warren.contracts.states import TaskState
from warren.contracts.status import Status, encode_statuses
from warren.messaging.publisher import Publisher
from warren.messaging.topology import INTAKE_QUEUE, STATUS_QUEUE
from warren.testing.deadline import eventually

pytestmark = pytest.mark.postgres
Ends = Callable[..., Status]


def test_the_last_end_brings_the_callback_with_each_members_outcome(
    batches: Any, recorder: Any, ends: Ends
) -> None:
    # Given a batch of three
    recorder.take(batches.commands(3))
    batch = batches.batch()
    assert batches.row(batch, "kind", "state", "waiting_for") == (
        "api.batch",
        "processing",
        "members",
    )
    # When two have ended, one of them badly
    recorder.fold(ends(batches.member(0)), ends(batches.member(2), "failed"))
    # Then it has come so far
    assert batches.row(batch, "progress", "message") == (66, "2 of 3 members have ended")
    assert batches.callbacks() == []
    # And the last one brings the callback, though one has failed
    recorder.fold(ends(batches.member(1)))
    assert len(batches.callbacks()) == 1
    outcome = batches.outcome()
    assert (outcome.total, outcome.succeeded, outcome.failed) == (3, 2, 1)
    assert [(m.position, m.state) for m in outcome.members] == [
        (0, "succeeded"),
        (1, "succeeded"),
        (2, "failed"),
    ]
    assert outcome.members[0].result == {"of": str(batches.member(0))[-4:]}
    assert (outcome.members[2].error or {})["type"] == "Torn"
    state, error = batches.row(batch, "state", "error")
    assert (state, error["type"]) == ("failed", "MembersUnsuccessful")


def test_a_batch_of_successes_succeeds(batches: Any, recorder: Any, ends: Ends) -> None:
    recorder.take(batches.commands(2))
    recorder.fold(*(ends(batches.member(n)) for n in range(2)))
    state, result, progress = batches.row(batches.batch(), "state", "result", "progress")
    assert (state, progress, result["succeeded"]) == ("succeeded", 100, 2)


def test_several_recorders_that_fold_the_ends_at_once_issue_one_callback(
    batches: Any, ends: Ends, recorders: Any
) -> None:
    # Given a batch of 200, and what is told of its ends: all of it three times, in any order
    with recorders(batches.url) as first:
        first.take(batches.commands(200))
    told = [ends(batches.member(n), "failed" if n % 50 == 0 else "succeeded") for n in range(200)]
    start = threading.Barrier(3)

    def record(seed: int) -> None:
        mine = told[:]
        random.Random(seed).shuffle(mine)
        with recorders(batches.url) as recorder:
            start.wait(30)
            for at in range(0, 200, 5):
                recorder.fold(*mine[at : at + 5])

    # When three recorders fold them at the same time
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(record, range(3)))
    # Then every end counts, once, and one callback follows
    assert len(batches.callbacks()) == 1
    outcome = batches.outcome()
    assert (outcome.succeeded, outcome.failed) == (196, 4)
    assert batches.state(batches.batch()) == "failed"
    assert batches.ask("SELECT 1 FROM quarantined_status") == []


def test_recorders_that_share_the_ends_lose_none(batches: Any, ends: Ends, recorders: Any) -> None:
    # Given many batches of two, so that the last two ends often meet
    # When two recorders fold one end each, at the same moment
    keys = _fold_pairs(batches, ends, recorders)
    # Then each batch has ended, with its callback
    assert len(batches.callbacks()) == len(keys)
    assert {batches.state(batches.batch(key)) for key in keys} == {"succeeded"}


def test_the_test_above_notices_a_missing_lock(
    batches: Any, ends: Ends, recorders: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given recorders that lock members without their batch
    union = "UNION SELECT batch_id FROM batch_members WHERE task_id = ANY (%(ids)s::uuid[])"
    assert union in loading._LOCK_TASKS
    monkeypatch.setattr(loading, "_LOCK_TASKS", loading._LOCK_TASKS.replace(union, ""))
    # When they do the same
    keys = _fold_pairs(batches, ends, recorders)
    # Then batches stay for ever whose members have both ended
    assert len(batches.callbacks()) < len(keys)


def test_what_is_older_than_any_task_is_forgotten(batches: Any, recorder: Any) -> None:
    # Given a batch of today, and one of a year and two months ago
    recorder.take(batches.commands(2))
    old = id_at(datetime.now(UTC) - timedelta(days=401), "old")
    batches.ask("INSERT INTO batches (task_id, total) VALUES (%s, 1)", old)
    batches.ask(
        "INSERT INTO batch_members (task_id, batch_id, position) VALUES (%s, %s, 0)", old, old
    )
    # When house is kept
    with batches.connect() as connection:
        forget_batches(connection)
    # Then that one is gone
    assert batches.ask("SELECT task_id FROM batches") == [(batches.batch(),)]
    assert batches.ask("SELECT count(*) FROM batch_members") == [(2,)]


def test_members_may_come_in_chunks_twice_and_after_others_have_ended(
    batches: Any, recorder: Any, ends: Ends
) -> None:
    # Given a batch in three chunks, the first of which has come and ended
    first, second, third = batches.commands(6, chunk=2)
    recorder.take([first])
    recorder.fold(ends(batches.member(0)), ends(batches.member(1)))
    # When the others come, late, twice and in another order
    recorder.take([third, third])
    recorder.fold(ends(batches.member(4)), ends(batches.member(5)))
    assert batches.callbacks() == []
    recorder.take([second, first])
    recorder.fold(ends(batches.member(2)), ends(batches.member(3)))
    # Then it has ended when all have
    assert len(batches.callbacks()) == 1
    assert batches.outcome().succeeded == 6


def test_members_that_cannot_be_accepted_count_as_failed(batches: Any, recorder: Any) -> None:
    # Given a batch whose kind nobody knows
    batches.ask("DELETE FROM job_kinds WHERE kind = 'mail.page'")
    # When it is asked for
    recorder.take(batches.commands(3))
    # Then it has ended with the last of them
    assert batches.state(batches.batch()) == "failed"
    assert len(batches.callbacks()) == 1
    assert batches.outcome().failed == 3


def test_what_does_not_fit_into_the_callback_is_left_out(
    batches: Any, recorder: Any, ends: Ends
) -> None:
    # Given ten thousand members, of which two do not succeed
    recorder.take(batches.commands(10_000))
    for start in range(0, 10_000, 500):
        numbers = range(start, start + 500)
        recorder.fold(
            *(
                ends(batches.member(n), "failed" if n in (7, 9_999) else "succeeded")
                for n in numbers
            )
        )
    # Then the callback is told of these two, and how many there were
    outcome = batches.outcome()
    assert (outcome.detail, outcome.total, outcome.succeeded) == ("unsuccessful", 10_000, 9_998)
    assert [member.position for member in outcome.members] == [7, 9_999]
    (callback,) = batches.callbacks()
    assert batches.state(callback) == "pending"


def test_a_cancelled_batch_cancels_its_members_and_is_followed_by_nothing(
    batches: Any, recorder: Any, ends: Ends
) -> None:
    # Given a batch with a member that has ended, one that runs and one that waits
    recorder.take(batches.commands(3))
    recorder.fold(ends(batches.member(0)), ends(batches.member(1), "processing"))
    # When it is cancelled
    with batches.connect() as connection:
        answers = cancel_tasks(connection, [batches.batch()], "key:test")
    # Then it is being cancelled, until the one that runs has ended
    assert [answer.state for answer in answers] == [TaskState.CANCELLING]
    states = [batches.state(batches.member(n)) for n in range(3)]
    assert states == ["succeeded", "cancelling", "cancelled"]
    recorder.fold(ends(batches.member(1), "cancelled"))
    assert batches.state(batches.batch()) == "cancelled"
    assert batches.callbacks() == []
    # And what is asked for in its name later is dropped
    recorder.take(batches.commands(4))
    assert batches.ask("SELECT 1 FROM tasks WHERE id = %s", batches.member(3)) == []


def test_a_batch_that_only_waits_is_cancelled_at_once(batches: Any, recorder: Any) -> None:
    recorder.take(batches.commands(3))
    with batches.connect() as connection:
        (answer,) = cancel_tasks(connection, [batches.batch()], "key:test")
    assert answer.state is TaskState.CANCELLED
    assert {batches.state(batches.member(n)) for n in range(3)} == {"cancelled"}


def test_a_cancel_that_races_with_a_chunk_cancels_its_members_too(
    batches: Any, recorder: Any
) -> None:
    # Given a batch of four, of which two have come
    first, second = batches.commands(4, chunk=2)
    recorder.take([first])
    with batches.connect() as obstacle, ThreadPoolExecutor(2) as pool:
        # And the others come just now: the recorder has locked the batch, and waits to note them
        obstacle.execute(
            "INSERT INTO batch_members (task_id, batch_id, position) VALUES (%s, %s, 2)",
            [batches.member(2), batches.batch()],
        )
        taken = pool.submit(recorder.take, [second])
        eventually(lambda: _waiting(batches) == 1, within=30)
        # When the batch is cancelled, which has to wait for the recorder
        cancelled = pool.submit(_cancel, batches)
        eventually(lambda: _waiting(batches) == 2, within=30)
        obstacle.rollback()
        taken.result(30)
        # Then all of them are cancelled, and it has ended
        assert cancelled.result(30) is TaskState.CANCELLED
    assert {batches.state(batches.member(n)) for n in range(4)} == {"cancelled"}
    assert batches.state(batches.batch()) == "cancelled"
    assert batches.callbacks() == []


def test_a_retried_batch_starts_what_did_not_succeed(
    batches: Any, recorder: Any, ends: Ends
) -> None:
    # Given a batch that has failed for one member
    recorder.take(batches.commands(3))
    recorder.fold(
        ends(batches.member(0)), ends(batches.member(1), "failed"), ends(batches.member(2))
    )
    # When it is retried
    with batches.connect() as connection:
        started = start_generation(connection, [batches.batch()], "key:test")
    # Then that one runs again, and no other
    assert started == {batches.batch(): 2}
    assert [batches.row(batches.member(n), "state", "generation") for n in range(3)] == [
        ("succeeded", 1),
        ("pending", 2),
        ("succeeded", 1),
    ]
    assert batches.row(batches.batch(), "state", "waiting_for", "progress") == (
        "processing",
        "members",
        66,
    )
    # And a callback of this generation follows
    recorder.fold(ends(batches.member(1), generation=2))
    assert batches.state(batches.batch()) == "succeeded"
    assert len(batches.callbacks()) == 2
    assert (batches.outcome(2).generation, batches.outcome(2).succeeded) == (2, 3)


def test_a_member_that_is_retried_by_itself_is_waited_for(
    batches: Any, recorder: Any, ends: Ends
) -> None:
    # Given a batch that lives, with a member that has failed
    recorder.take(batches.commands(2))
    recorder.fold(ends(batches.member(0), "failed"))
    # When that member is retried, and the other one ends
    with batches.connect() as connection:
        start_generation(connection, [batches.member(0)], "key:test")
    recorder.fold(ends(batches.member(1)))
    # Then the batch goes on until it has ended again
    assert batches.callbacks() == []
    recorder.fold(ends(batches.member(0), generation=2))
    assert batches.state(batches.batch()) == "succeeded"
    assert len(batches.callbacks()) == 1


@pytest.mark.parametrize("end", ["failed", "cancelled"])
def test_what_was_started_again_by_itself_goes_on_when_its_ended_batch_is_cancelled(
    batches: Any, recorder: Any, ends: Ends, end: str
) -> None:
    # Given a batch that has ended, and a member of it that was started again since
    recorder.take(batches.commands(2))
    if end == "cancelled":
        _cancel(batches)
    else:
        recorder.fold(ends(batches.member(0), "failed"), ends(batches.member(1)))
    assert batches.state(batches.batch()) == end
    with batches.connect() as connection:
        start_generation(connection, [batches.member(0)], "key:test")
    # When somebody cancels the batch
    state = _cancel(batches)
    # Then nothing is done, as the answer says
    assert state == end
    assert batches.row(batches.member(0), "state", "generation") == ("pending", 2)


def _waiting(batches: Any) -> int:
    """How many transactions wait for another one."""
    ((count,),) = batches.ask(
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    return int(count)


def _cancel(batches: Any) -> TaskState:
    with batches.connect() as connection:
        (answer,) = cancel_tasks(connection, [batches.batch()], "key:test")
        return answer.state


def _fold_pairs(batches: Any, ends: Ends, recorders: Any) -> list[str]:
    """Let two recorders fold the two ends of 40 batches at the same moment; keys of the batches."""
    keys = [f"pair-{n}" for n in range(40)]
    with recorders(batches.url) as first:
        for key in keys:
            first.take(batches.commands(2, key=key))
    start = threading.Barrier(2)

    def record(number: int) -> None:
        with recorders(batches.url) as recorder:
            for key in keys:
                start.wait(30)
                recorder.fold(ends(batches.member(number, key)))

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(record, range(2)))
    return keys


_RECORDER = """
import sys, threading
from gateway.recorder import run_recorder
from gateway.recording.config import RecorderSettings
run_recorder(RecorderSettings(recorder_batch=7), threading.Event())
"""


@pytest.mark.rabbitmq
def test_a_killed_recorder_loses_no_end(batches: Any, amqp_url: str, ends: Ends) -> None:
    # Given a batch of 200 whose members have all ended, told twice, and a recorder
    environment = {
        **os.environ,
        "WARREN_DATABASE_URL": batches.url,
        "WARREN_AMQP_URL": amqp_url,
    }

    def start() -> subprocess.Popen[bytes]:
        return subprocess.Popen([sys.executable, "-c", _RECORDER], env=environment)

    def has_come(percent: int) -> bool:
        return int(batches.row(batches.batch(), "progress")[0]) >= percent

    publisher = Publisher(amqp_url, name="test", timeout=30)
    publisher.start()
    recorder = start()
    try:
        for command in batches.commands(200):
            publisher.publish(INTAKE_QUEUE, command).result(30)
        eventually(lambda: batches.ask("SELECT 1 FROM batch_members LIMIT 1") != [], within=60)
        for number in [*range(200), *range(200)]:
            body = encode_statuses([ends(batches.member(number))])
            publisher.publish(STATUS_QUEUE, body)
        # When it is killed in the middle, three times
        for ended in (10, 60, 120):
            eventually(partial(has_come, ended // 2), within=60)
            os.kill(recorder.pid, signal.SIGKILL)
            recorder.wait(10)
            recorder = start()
        # Then the batch ends, and one callback follows
        eventually(lambda: batches.state(batches.batch()) == "succeeded", within=90)
        assert len(batches.callbacks()) == 1
    finally:
        recorder.kill()
        recorder.wait(10)
        publisher.close(5)
