"""While a customer is erased nobody starts its tasks again, but what deletes things of it."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import httpx
import psycopg
import pytest

from gateway.dead_letters.resolving import replay_letters
from gateway.dead_letters.selection import LetterFilter
from gateway.housekeeping.bulk_tasks import retry, run_bulk_action
from gateway.tasks.erased_owners import refused_by_erasures
from gateway.tasks.generations import start_generation
from gateway.tasks.selection import RetryFilter
from tests.integration.gateway.bulk.waiting import add_tasks, states_of
from tests.integration.gateway.housekeeping.erasing.conftest import ERASURE_WAITS, erase, left
from warren.contracts.ids import new_id
from warren.testing.deadline import eventually
from warren.testing.worker import FakeContext

pytestmark = pytest.mark.postgres

_LETTER = """
INSERT INTO dead_letters (id, source, task_id, generation, dispatch, customer_id, kind, version,
    queue, attempts, error, cause, message, message_sha256)
SELECT gen_random_uuid(), 'permanent', id, 1, 1, customer_id, kind, 1, queue, 1,
    '{"type": "Bad", "message": "no"}', 'Bad: no', '', '' FROM tasks WHERE id = %s RETURNING id
"""


def test_a_task_is_refused_and_starts_once_the_erasure_has_failed(
    admin: httpx.Client, customer_id: UUID, database: Any
) -> None:
    # Given a failed task of a customer who is being erased, and its dead letter
    erasing = database.erasure(customer_id)
    (task,) = add_tasks(database, 1, customer=customer_id, state="failed")
    ((letter,),) = database.ask(_LETTER, task)
    # When an operator starts it again
    paths = [f"/api/v1/tasks/{task}/retry", f"/api/v1/dead-letters/{letter}/replay"]
    answers = [admin.post(path) for path in paths]
    # Then that is refused
    assert [answer.status_code for answer in answers] == [409, 409]
    for answer in answers:
        assert answer.json()["type"] == "urn:warren:problem:customer-being-erased"
        assert answer.json()["task_id"] == str(erasing)
    with psycopg.connect(database.url) as connection:
        assert replay_letters(connection, LetterFilter(kind="test.any"), 9, "key:op").done == 0
    assert states_of(database, [task]) == {"failed": 1}
    # And once the erasure has failed, both start
    database.ask("UPDATE tasks SET state = 'failed' WHERE id = %s", erasing)
    again = [admin.post(f"/api/v1/tasks/{each}/retry") for each in (task, erasing)]
    assert [answer.status_code for answer in again] == [202, 202], [a.text for a in again]


def test_what_the_erasure_has_asked_others_to_delete_starts_again(
    admin: httpx.Client, customer_id: UUID, database: Any
) -> None:
    erasing = database.erasure(customer_id)
    (emptying,) = add_tasks(database, 1, customer=customer_id, state="failed")
    database.ask("UPDATE tasks SET actor = %s WHERE id = %s", f"task:{erasing}", emptying)

    answer = admin.post(f"/api/v1/tasks/{emptying}/retry")

    assert answer.status_code == 202, answer.text


def test_a_filter_leaves_such_tasks_out_and_tells_how_many(
    customer_id: UUID, database: Any
) -> None:
    database.erasure(customer_id)
    theirs = add_tasks(database, 2, customer=customer_id, state="failed")
    others = add_tasks(database, 1, state="failed")

    done = run_bulk_action(
        RetryFilter(kind="test.any"), retry, FakeContext(task_id=new_id()), database.url
    )

    assert (done.changed, done.being_erased) == (1, 2)
    assert states_of(database, theirs) == {"failed": 2}
    assert states_of(database, others) == {"pending": 1}


def test_who_is_starting_a_task_is_waited_for_and_what_was_started_is_erased(
    customer_id: UUID, database: Any
) -> None:
    (task,) = add_tasks(database, 1, customer=customer_id, state="failed")
    with psycopg.connect(database.url) as starter, ThreadPoolExecutor(1) as aside:
        # Given an operator who is about to start a task of the customer
        assert refused_by_erasures(starter, [task]) == {}
        # When the customer is erased
        erasing = aside.submit(erase, customer_id)
        try:
            eventually(lambda: database.ask(ERASURE_WAITS), within=60)
            assert start_generation(starter, [task], "key:operator") == {task: 2}
            starter.commit()
        finally:
            starter.rollback()
        # Then the task goes, too
        erasing.result(60)
    assert left(database.url, customer_id) == {}
