"""What is measured, kept and read back."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from gateway.housekeeping.statistics.jobs import QueueStats, SystemStats
from gateway.housekeeping.statistics.workers import QueueStatsWorker, SystemStatsWorker
from tests.integration.gateway.housekeeping.conftest import CUSTOMER, House
from warren.contracts.ids import new_id
from warren.testing.worker import FakeContext

pytestmark = pytest.mark.postgres


def test_the_system_is_counted_on_both_sides_of_its_limits(house: House) -> None:
    # Given tasks within 30 days and before, with a user, and one of another customer
    house.task(1, kind="tts.synthesize")
    house.task(2, kind="tts.synthesize")
    house.task(3, "failed", kind="tts.synthesize")
    house.task(29.9, "pending")
    house.task(30.1)
    house.database.ask("UPDATE tasks SET processing_seconds = 2, user_id = 'u' WHERE kind <> 'x'")
    spoken = new_id()
    house.artifact(b"speech", 1, spoken)
    house.artifact(b"its first sentence, told before its end", 1, spoken)
    house.artifact(b"upload", 1)
    of_another = house.task(0.001)
    house.database.ask("UPDATE tasks SET customer_id = %s WHERE id = %s", new_id(), of_another)

    report = SystemStatsWorker().perform(SystemStats(), FakeContext())

    assert report.tasks == {
        "test.any": {"pending": 1, "succeeded": 1},
        "tts.synthesize": {"failed": 1, "succeeded": 2},
    }
    assert report.users_total == 2
    assert report.audio_files == 1
    assert report.speech.model_dump() == {
        "total_requests": 3,
        "completed_requests": 2,
        "failed_requests": 1,
        "success_rate": 0.6667,
        "avg_processing_time": 2.0,
    }


def test_customers_that_have_called_within_15_minutes_are_active_sessions(
    house: House, gateway_url: str, connect: Any
) -> None:
    def active() -> int:
        return SystemStatsWorker().perform(SystemStats(), FakeContext()).active_sessions

    # Given one who only looked, one who has been away for a little longer, and one by SQL
    house.database.ask("UPDATE api_keys SET last_used_at = NULL")
    assert active() == 0
    connect(gateway_url, house.database.key()).get("/api/v1/tasks").raise_for_status()
    house.database.key()
    house.database.ask(
        "UPDATE api_keys SET last_used_at = now() - interval '15.1 minutes'"
        " WHERE last_used_at IS NULL"
    )
    assert active() == 1

    task = house.task(0.001)
    scheduled = house.task(0.001)
    by = "UPDATE tasks SET actor = %s, customer_id = %s WHERE id = %s"
    house.database.ask(by, "sql:shop", new_id(), task)
    house.database.ask(by, "schedule:nightly", new_id(), scheduled)

    assert active() == 2


def test_without_any_speech_the_rate_is_zero(house: House) -> None:
    report = SystemStatsWorker().perform(SystemStats(), FakeContext())
    assert report.speech.success_rate == 0
    assert report.speech.avg_processing_time == 0
    assert report.queue_lengths == {}


def test_queues_are_counted_by_what_their_tasks_wait_for(house: House) -> None:
    row = (
        "INSERT INTO outbox (task_id, generation, dispatch, attempt, kind, version, queue,"
        " customer_id, available_at) VALUES (%s, 1, 1, %s, 'k', 1, 'tts.low', %s,"
        " now() + %s::interval)"
    )
    for attempt, wait in ((1, "-1 s"), (1, "1 hour"), (2, "1 hour")):
        house.database.ask(row, new_id(), attempt, CUSTOMER, wait)
    published = (
        "INSERT INTO in_flight (task_id, generation, dispatch, queue, started_at)"
        " VALUES (%s, 1, 1, 'tts.low', %s)"
    )
    house.database.ask(published, new_id(), None)
    house.database.ask(published, new_id(), datetime.now(UTC))

    report = QueueStatsWorker().perform(QueueStats(), FakeContext())

    assert {name: numbers.model_dump() for name, numbers in report.queues.items()} == {
        "tts.low": {
            "waiting": 1,
            "delayed": 2,
            "retry_backlog": 1,
            "published": 1,
            "running": 1,
            "failures": 0,
        }
    }
    system = SystemStatsWorker().perform(SystemStats(), FakeContext())
    assert system.queue_lengths == {"low": 2}


def test_the_history_is_read_from_a_moment_to_another(house: House, client: httpx.Client) -> None:
    QueueStatsWorker().perform(QueueStats(), FakeContext())
    SystemStatsWorker().perform(SystemStats(), FakeContext())
    house.database.ask("UPDATE statistics SET at = at - interval '2 days' WHERE series = 'queues'")

    def series(**query: Any) -> list[str]:
        answer = client.get("/api/v1/stats", params=query)
        assert answer.status_code == 200, answer.text
        return [item["series"] for item in answer.json()["items"]]

    now = datetime.now(UTC)
    assert series() == ["system"]
    assert series(**{"from": (now - timedelta(days=3)).isoformat()}) == ["queues", "system"]
    old = {
        "from": (now - timedelta(days=3)).isoformat(),
        "to": (now - timedelta(days=1)).isoformat(),
    }
    assert series(**old) == ["queues"]
    assert series(**old, series="system") == []
    wrong = client.get("/api/v1/stats", params={"from": old["to"], "to": old["from"]})
    assert wrong.status_code == 422
    assert wrong.json()["errors"][0]["field"] == "from"


def test_statistics_are_for_operators(house: House, gateway_url: str, connect: Any) -> None:
    from gateway.customers.keys import Scope

    key = house.database.key(scopes=[Scope.TASKS_READ])
    assert connect(gateway_url, key).get("/api/v1/stats").status_code == 403
