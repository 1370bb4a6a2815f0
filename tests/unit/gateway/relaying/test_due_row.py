"""Which rows are worth publishing, and what their messages say."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from gateway.relaying.due_row import DueRow, TaskPosition
from warren.contracts.ids import new_id
from warren.contracts.message import Dispatch, JobMessage

ROW = DueRow(
    task=TaskPosition("retrying", generation=1, dispatch=1, rank=2),
    dispatch=Dispatch(new_id(), 1, 2),
    attempt=2,
    kind="test.echo",
    version=3,
    queue="test.low",
    customer_id=new_id(),
    limit_key="",
    payload={"text": "é"},
    lane="low",
    expires_at=datetime(2026, 12, 1, tzinfo=UTC),
    traceparent=None,
    started_at=datetime(2026, 11, 30, tzinfo=UTC),
    available_at=datetime(2026, 11, 30, 1, tzinfo=UTC),
)


def test_the_message_says_all_that_the_row_says() -> None:
    body = ROW.message().encode(datetime.now(UTC))

    message = JobMessage.decode(body)
    assert message.dispatch == ROW.dispatch
    assert (message.kind, message.queue, message.payload) == (
        "test.echo",
        "test.low",
        {"text": "é"},
    )
    options = message.options
    assert (options.version, options.attempt, options.lane) == (3, 2, "low")
    assert (options.customer_id, options.expires_at) == (ROW.customer_id, ROW.expires_at)
    assert options.started_at == ROW.started_at
    assert options.waiting_since == ROW.available_at


def test_only_the_low_lane_says_since_when_its_jobs_wait() -> None:
    assert replace(ROW, lane="default").message().options.waiting_since is None


def test_the_next_dispatch_of_a_retrying_task_is_needed() -> None:
    assert not ROW.is_outdated


@pytest.mark.parametrize(
    "task",
    [
        None,
        TaskPosition("succeeded", 1, 1, 2),
        TaskPosition("expired", 1, 1, 0),
        TaskPosition("pending", 2, 1, 0),
        TaskPosition("processing", 1, 3, 1),
        TaskPosition("processing", 1, 2, 1),
    ],
)
def test_rows_of_ended_or_further_tasks_are_outdated(task: TaskPosition | None) -> None:
    assert replace(ROW, task=task).is_outdated


def test_the_first_dispatch_of_a_new_task_is_needed() -> None:
    first = replace(ROW, dispatch=Dispatch(new_id(), 1, 1), task=TaskPosition("pending", 1, 1, 0))

    assert not first.is_outdated
