"""A schedule that could not fire stops the start, and says why."""

from datetime import date
from typing import Any, ClassVar

import pytest
from pydantic import BaseModel

from warren.contracts.job import Job
from warren.contracts.kinds import KindSchedule
from warren.errors import ConfigurationError
from warren.worker import JobContext, Worker
from warren.worker.catalogue import definition


class CleanUp(Job):
    kind: ClassVar[str] = "test.clean_up"

    days_old: int
    until: date | None = None


class Report(BaseModel):
    deleted: int


def _declare(**attributes: Any) -> type[Worker[CleanUp, Report]]:
    def perform(self: object, job: CleanUp, context: JobContext) -> Report:
        return Report(deleted=job.days_old)

    class Base(Worker[CleanUp, Report]):
        perform = None  # type: ignore[assignment]

    return type("CleanUpWorker", (Base,), {"perform": perform, **attributes})


def test_a_schedule_is_announced_with_the_payload_of_its_tasks() -> None:
    worker = _declare(
        cron_schedule="0 2 * * *",
        cron_args={"days_old": 30, "until": date(2030, 1, 1)},
        cron_timezone="Europe/Berlin",
        cron_missed="catch_up",
        cron_jitter=60,
    )

    assert definition("test", worker).schedule == KindSchedule(
        cron="0 2 * * *",
        timezone="Europe/Berlin",
        payload={"days_old": 30, "until": "2030-01-01"},
        missed="catch_up",
        jitter=60,
    )


def test_without_a_schedule_none_is_announced() -> None:
    assert definition("test", _declare()).schedule is None


@pytest.mark.parametrize(
    ("attribute", "value", "message"),
    [
        ("cron_schedule", "0 2 * *", "write five fields"),
        ("cron_schedule", "0 25 * * *", "check its hour"),
        ("cron_timezone", "Mars/Olympus", "is no time zone"),
        ("cron_missed", "skip", "give one of coalesce, catch_up"),
        ("cron_jitter", -1, "0 or more"),
        ("cron_jitter", 86_400, "must be less than the 86400 s"),
        ("cron_args", None, "give a dict of the fields of CleanUp"),
        ("cron_args", {}, "days_old: Field required"),
        ("cron_args", {"days_old": "many"}, "days_old: Input should be a valid integer"),
        ("cron_args", {"days_old": 1, "dry": True}, "CleanUp has no field 'dry'"),
    ],
)
def test_a_wrong_attribute_is_named(attribute: str, value: object, message: str) -> None:
    right = {"cron_schedule": "0 2 * * *", "cron_args": {"days_old": 30}}

    with pytest.raises(ConfigurationError, match=message) as refused:
        _declare(**{**right, attribute: value})

    assert f"CleanUpWorker.{attribute}" in str(refused.value)
