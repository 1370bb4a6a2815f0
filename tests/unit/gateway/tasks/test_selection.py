"""Which tasks a filter means."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from pydantic import ValidationError

from gateway.tasks.selection import CancelFilter, ListFilter, RetryFilter, TaskFilter
from gateway.tasks.selection_windows import choosing
from warren.contracts.ids import id_at, new_id
from warren.contracts.states import TaskState

WHEN = datetime(2026, 11, 22, 18, 0, tzinfo=UTC)


def test_cancelling_means_what_has_not_ended_and_retrying_what_failed() -> None:
    assert CancelFilter(kind="a").states == {"scheduled", "pending", "processing", "retrying"}
    assert CancelFilter(kind="a").is_live
    assert RetryFilter(kind="a").states == {"failed"}
    assert not RetryFilter(kind="a").is_live
    assert not ListFilter(kind="a").states


def test_a_state_that_an_action_cannot_start_from_is_refused() -> None:
    cases: list[dict[str, object]] = [
        {"state": ["succeeded"]},
        {"state": []},
        {"status": "failed"},
    ]
    for wrong in cases:
        with pytest.raises(ValidationError):
            RetryFilter.model_validate(wrong)


def test_a_filter_without_conditions_is_empty_though_it_has_states_of_its_own() -> None:
    assert CancelFilter().is_empty
    assert not CancelFilter(state=["pending"]).is_empty


def test_times_are_bounds_of_ids() -> None:
    low, high = TaskFilter(since=WHEN, until=WHEN).bounds
    at = id_at(WHEN, "a task of that very moment")
    assert low < at
    assert not at < high
    assert TaskFilter().bounds == (UUID(int=0), UUID(int=(1 << 128) - 1))


def test_unfinished_tasks_are_looked_for_where_only_they_are() -> None:
    live = choosing(ListFilter(state=[TaskState.PENDING], queue="tts.low"))
    assert "FROM outbox" in live
    assert "FROM in_flight" in live
    mixed = choosing(ListFilter(state=[TaskState.PENDING, TaskState.FAILED]))
    assert "FROM outbox" not in mixed


def test_ours_are_spared_unless_kind_or_queue_is_named() -> None:
    spared = "t.kind NOT LIKE 'api.%%'"
    assert spared in TaskFilter(customer_id=new_id()).conditions(spare_ours=True)
    for named in (TaskFilter(kind="api.replay"), TaskFilter(queue="api.default")):
        assert spared not in named.conditions(spare_ours=True)
