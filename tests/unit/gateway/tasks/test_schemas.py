"""How a row of `tasks` looks to its owner."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gateway.tasks.schemas import TaskStatus
from warren.contracts.ids import new_id

NOW = datetime(2030, 1, 1, tzinfo=UTC)


def _row(**columns: Any) -> dict[str, Any]:
    row: dict[str, Any] = dict.fromkeys(
        ["waiting_for", "message", "due_at", "queued_at", "started_at", "finished_at"]
    )
    row |= {
        "attempt_started_at": None,
        "expires_at": None,
        "error": None,
        "processing_seconds": 0.0,
        "progress": 0,
    }
    row |= {"generation": 1, "attempt": 1, "max_attempts": 4, "created_at": NOW}
    return row | {"id": new_id(), "kind": "a.b", "has_worker": True, "next_run_at": None} | columns


@pytest.mark.parametrize(
    ("columns", "state", "waiting_for"),
    [
        ({"state": "pending"}, "pending", "queue"),
        ({"state": "pending", "has_worker": False}, "pending", "no_worker"),
        ({"state": "pending", "waiting_for": "rate"}, "pending", "rate"),
        ({"state": "retrying", "waiting_for": "backoff"}, "retrying", "backoff"),
        ({"state": "processing"}, "processing", None),
        ({"state": "scheduled", "due_at": NOW + timedelta(seconds=1)}, "scheduled", None),
        ({"state": "scheduled", "due_at": NOW - timedelta(seconds=1)}, "pending", "queue"),
    ],
)
def test_a_task_says_what_it_waits_for(
    columns: dict[str, Any], state: str, waiting_for: str | None
) -> None:
    status = TaskStatus.of(_row(**columns), NOW)
    assert (status.status, status.waiting_for) == (state, waiting_for)


def test_an_error_is_shown_without_what_operators_see() -> None:
    error = {"type": "E", "message": "m", "traceback": "secret"}
    status = TaskStatus.of(_row(state="failed", error=error), NOW)
    assert "secret" not in status.model_dump_json()
