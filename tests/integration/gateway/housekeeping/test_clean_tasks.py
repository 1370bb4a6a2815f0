"""Ended tasks keep their summary only."""

from uuid import UUID

import psycopg
import pytest

from gateway.dead_letters.resolving import replay_letter
from gateway.dead_letters.writing import NewLetter, insert_letters
from gateway.housekeeping.cleaning.jobs import CleanTasks, TasksReport
from gateway.housekeeping.cleaning.workers import CleanTasksWorker
from gateway.tasks.generations import start_generation
from tests.integration.gateway.housekeeping.conftest import CUSTOMER, House
from warren.contracts.ids import id_time
from warren.contracts.message import Dispatch, JobMessage, JobOptions
from warren.testing.worker import FakeContext

pytestmark = pytest.mark.postgres


def clean(**job: object) -> TasksReport:
    return CleanTasksWorker().perform(CleanTasks.model_validate(job), FakeContext())


def kept(house: House, task: UUID) -> bool:
    """Whether the task still has its payload; either way its summary must be there."""
    ((payload, cleaned),) = house.database.ask(
        "SELECT payload, cleaned_at FROM tasks WHERE id = %s", task
    )
    assert (payload == {}) == (cleaned is not None)
    return cleaned is None


def add_letter(house: House, task: UUID, payload: dict[str, object]) -> None:
    dispatch = Dispatch(task, 1, 1)
    options = JobOptions(version=1, attempt=4, lane="default", customer_id=CUSTOMER)
    message = JobMessage(
        dispatch=dispatch, kind="test.any", queue="test.default", payload=payload, options=options
    )
    letter = NewLetter(
        source="exhausted",
        queue="test.default",
        error={"type": "E", "message": "m", "traceback": "deep"},
        message=message.encode(id_time(task)),
        dispatch=dispatch,
        customer_id=CUSTOMER,
        kind="test.any",
        version=1,
        attempts=4,
    )
    with psycopg.connect(house.database.url) as connection:
        insert_letters(connection, [letter])


def test_failed_tasks_are_cleaned_up_after_seven_days_and_not_before(house: House) -> None:
    old, young = house.task(7.1, "failed"), house.task(6.9, "failed")
    row, sha256 = house.artifact(b"part", 7.1, old)
    young_row, _ = house.artifact(b"other part", 6.9, young)

    report = clean()

    assert not kept(house, old)
    assert kept(house, young)
    assert report.cleaned_tasks == 1
    assert not house.has_row(row)
    assert not house.is_stored(sha256)
    assert house.has_row(young_row)
    ((error, state),) = house.database.ask("SELECT error, state FROM tasks WHERE id = %s", old)
    assert (error, state) == ({"type": "E", "message": "m"}, "failed")
    history = "SELECT data #> '{error,traceback}' FROM task_history WHERE task_id = %s"
    assert house.database.ask(history, old) == [(None,)]
    assert house.database.ask(history, young) == [("deep",)]


@pytest.mark.parametrize(("kind", "days"), [("test.any", 7), ("tts.synthesize", 30)])
def test_results_expire_at_the_age_of_their_kind(house: House, kind: str, days: int) -> None:
    old = house.task(days + 0.1, kind=kind)
    young = house.task(days - 0.1, kind=kind)
    clean()
    assert not kept(house, old)
    assert kept(house, young)
    result = "SELECT result FROM tasks WHERE id = %s"
    assert house.database.ask(result, old) == [(None,)]
    assert house.database.ask(result, young) == [({"made": True},)]


@pytest.mark.parametrize("state", ["scheduled", "pending", "processing", "retrying", "cancelling"])
def test_live_tasks_are_never_cleaned_up(house: House, state: str) -> None:
    task = house.task(100, state)
    clean()
    assert kept(house, task)


def test_a_task_that_somebody_holds_is_left_for_the_next_run(house: House) -> None:
    task = house.task(8, "failed")
    with psycopg.connect(house.database.url) as other:
        other.execute("SELECT FROM tasks WHERE id = %s FOR UPDATE", [task])
        assert clean().cleaned_tasks == 0
    assert clean().cleaned_tasks == 1


def test_a_dead_letter_keeps_its_copy_and_its_files_and_can_be_replayed(house: House) -> None:
    # Given a failed task whose letter names an upload, both cleaned up long ago
    _, sha256 = house.artifact(b"input", 9, task := house.task(9, "failed"), "text/plain")
    payload: dict[str, object] = {"input": {"sha256": sha256}}
    add_letter(house, task, payload)
    clean()
    assert not kept(house, task)
    assert house.is_stored(sha256)

    with psycopg.connect(house.database.url) as connection:
        assert replay_letter(connection, task, 1, "key:operator")

    # Then it starts again with what it was given
    ((found, state),) = house.database.ask("SELECT payload, state FROM tasks WHERE id = %s", task)
    assert (found, state) == (payload, "pending")
    assert kept(house, task)


def test_a_task_without_payload_cannot_start_again(house: House) -> None:
    task = house.task(9, "failed")
    clean()
    with psycopg.connect(house.database.url) as connection:
        assert start_generation(connection, [task], "key:operator") == {}


def test_a_dry_run_counts(house: House) -> None:
    task = house.task(9, "failed")
    house.artifact(b"part", 9, task)
    report = clean(dry_run=True)
    assert (report.cleaned_tasks, report.deleted_files) == (1, 1)
    assert kept(house, task)
