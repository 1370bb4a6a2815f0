"""Pieces of a result, as they are recorded before its end."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from gateway.config import GatewaySettings
from gateway.database import connection_pool
from gateway.recording.store import StatusStore
from gateway.tasks.history import page_of_history
from warren.contracts.ids import derived_id
from warren.contracts.status import Status, encode_statuses

pytestmark = pytest.mark.postgres


def _file(task: UUID, name: str, digit: str) -> dict[str, Any]:
    return {
        "id": str(derived_id(task, f"artifact:{name}")),
        "sha256": digit * 64,
        "size": 3,
        "media_type": "audio/wav",
        "name": name,
    }


def _part(statuses: Any, task: UUID, seq: int, artifact: dict[str, Any]) -> Status:
    status: Status = statuses.make(task, "task.part", {"seq": seq, "artifact": artifact})
    return status


def _bodies(*statuses: Status) -> list[bytes]:
    return [encode_statuses([status]) for status in statuses]


_HISTORY = (
    "SELECT seq, data -> 'artifact' ->> 'sha256' FROM task_history"
    " WHERE type = 'task.part' ORDER BY seq"
)
_ARTIFACTS = "SELECT name, left(sha256, 1), customer_id, task_id FROM artifacts ORDER BY name"


def test_parts_stand_in_the_history_and_can_be_fetched_before_the_end(
    store: StatusStore, tasks: Any, statuses: Any
) -> None:
    (task,) = tasks.dispatched()
    parts = [_part(statuses, task, n, _file(task, f"{n}.wav", str(n))) for n in (1, 2)]

    store.record_statuses(_bodies(statuses.processing(task), *parts))

    assert tasks.rows(_HISTORY) == [(1, "1" * 64), (2, "2" * 64)]
    assert tasks.rows(_ARTIFACTS) == [
        ("1.wav", "1", tasks.customer, task),
        ("2.wav", "2", tasks.customer, task),
    ]
    assert tasks.row(task)["state"] == "processing"
    assert tasks.rows("SELECT 1 FROM artifacts WHERE expires_at IS NULL") == []


def test_what_is_recorded_at_one_moment_is_told_in_the_order_in_which_it_happened(
    store: StatusStore, tasks: Any, statuses: Any, database_url: str
) -> None:
    async def history() -> list[str]:
        settings = GatewaySettings(database_url=database_url)
        async with connection_pool(settings) as pool:
            return [row["type"] for row in await page_of_history(pool, task)]

    (task,) = tasks.dispatched()
    part = _part(statuses, task, 1, _file(task, "1.wav", "a"))

    store.record_statuses(_bodies(statuses.processing(task), part, statuses.succeeded(task)))

    assert asyncio.run(history()) == ["task.processing", "task.part", "task.succeeded"]


def test_a_part_that_comes_twice_or_from_a_repeated_run_changes_nothing(
    store: StatusStore, tasks: Any, statuses: Any
) -> None:
    (task,) = tasks.dispatched()
    first = _part(statuses, task, 1, _file(task, "1.wav", "a"))
    repeated = _part(statuses, task, 1, _file(task, "1.wav", "b"))

    store.record_statuses(_bodies(first, first, repeated))
    store.record_statuses(_bodies(first, repeated))

    assert tasks.rows(_HISTORY) == [(1, "a" * 64)]
    assert [row[1] for row in tasks.rows(_ARTIFACTS)] == ["a"]


@pytest.mark.parametrize("together", [True, False])
def test_the_result_says_which_file_stands_under_the_name_of_a_part(
    store: StatusStore, tasks: Any, statuses: Any, together: bool
) -> None:
    (task,) = tasks.dispatched()
    part = _part(statuses, task, 1, _file(task, "1.wav", "a"))
    success = statuses.succeeded(task, artifacts=[_file(task, "1.wav", "b")])

    if together:
        store.record_statuses(_bodies(part, success))
    else:
        store.record_statuses(_bodies(part))
        store.record_statuses(_bodies(success))
        store.record_statuses(_bodies(part, success))

    assert [row[1] for row in tasks.rows(_ARTIFACTS)] == ["b"]
    assert tasks.row(task)["state"] == "succeeded"


def test_a_part_that_comes_after_the_end_is_a_fact_and_moves_nothing(
    store: StatusStore, tasks: Any, statuses: Any
) -> None:
    (task,) = tasks.dispatched()
    store.record_statuses(_bodies(statuses.failed(task)))
    ended = tasks.row(task)

    store.record_statuses(_bodies(_part(statuses, task, 1, _file(task, "1.wav", "a"))))

    assert tasks.row(task) == ended
    assert len(tasks.rows(_HISTORY)) == 1
