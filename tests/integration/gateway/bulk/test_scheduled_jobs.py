"""The housekeeper announces its schedules, and runs what they fire."""

from typing import Any

import httpx
import pytest

from tests.integration.gateway.bulk.waiting import result_of
from warren.testing.deadline import eventually

pytestmark = [pytest.mark.rabbitmq, pytest.mark.postgres]

_SCHEDULES = {
    "api.check_drift": "30 4 * * *",
    "api.clean_artifacts": "30 3 * * *",
    "api.clean_audio": "0 2 * * *",
    "api.clean_catalogue": "0 4 * * *",
    "api.clean_images": "0 3 * * *",
    "api.clean_tasks": "30 2 * * *",
    "api.health_check": "*/10 * * * *",
    "api.probe": "* * * * *",
    "api.queue_stats": "*/30 * * * *",
    "api.resubmit": "*/5 * * * *",
    "api.system_stats": "*/30 * * * *",
}


def test_each_job_that_runs_by_itself_has_its_schedule(house: None, database: Any) -> None:
    def announced() -> dict[str, str]:
        return dict(database.ask("SELECT kind, cron FROM schedules WHERE service = 'api'"))

    eventually(lambda: announced() == _SCHEDULES, within=90, seen=announced)


def test_an_operator_runs_them_at_any_time(
    house: None, client: httpx.Client, database: Any
) -> None:
    def run(kind: str, **payload: Any) -> Any:
        answer = client.post("/api/v1/tasks", json={"kind": kind, "payload": payload})
        assert answer.status_code == 202, answer.text
        return result_of(client, answer)

    assert run("api.probe")["status"] == "healthy"
    assert run("api.clean_audio", dry_run=True)["deleted_files"] == 0
    assert run("api.system_stats")["speech"]["success_rate"] == 0
    refused = client.post(
        "/api/v1/tasks", json={"kind": "api.clean_audio", "payload": {"days_old": 0}}
    )
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["field"] == "payload.days_old"
