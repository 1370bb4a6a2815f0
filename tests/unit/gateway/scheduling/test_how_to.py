"""What docs/howto/add-a-schedule.md tells people to write works."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from gateway.scheduling.schemas import parse_schedule
from warren.contracts.cron import Cron
from warren.contracts.kinds import KindSchedule
from warren.worker.catalogue import definition

DOCUMENT = (Path(__file__).parents[4] / "docs" / "howto" / "add-a-schedule.md").read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", DOCUMENT, re.MULTILINE | re.DOTALL)


def test_the_job_is_announced_with_its_schedule() -> None:
    (source,) = blocks("python")
    actors: dict[str, Any] = {"__name__": "drafts_worker.actors"}

    exec(compile(source, "actors.py", "exec"), actors)  # noqa: S102 -- our own document

    announced = definition("drafts", actors["CleanDraftsWorker"])
    assert announced.schedule == KindSchedule(
        cron="0 2 * * *", timezone="Europe/Berlin", payload={"days_old": 30}, jitter=300
    )


@pytest.mark.parametrize("text", re.findall(r"^\| `([^`]+)` \|", DOCUMENT, re.MULTILINE))
def test_each_expression_of_the_table_is_valid(text: str) -> None:
    assert Cron.parse(text).text == text


def test_the_request_is_one_that_the_gateway_takes() -> None:
    (request,) = blocks("json")

    schedule = parse_schedule(json.loads(request))

    assert schedule.envelope().kind == "tts.synthesize"
    Cron.parse(schedule.cron, schedule.timezone).check_jitter(schedule.jitter_seconds)
