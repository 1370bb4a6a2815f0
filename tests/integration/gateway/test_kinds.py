"""What GET /api/v1/kinds tells of how a kind runs."""

from typing import Any

import httpx
import pytest

from warren.contracts.kinds import LACKS_KEYWORD, KindDefinition
from warren.contracts.retries import RetryPolicy
from warren.testing.deadline import eventually

pytestmark = pytest.mark.postgres

POLICY = RetryPolicy(
    backoff=True, backoff_base=2, backoff_max=60, delay=1, jitter=False, max_age=3600
)


def _listed(client: httpx.Client, name: str) -> list[dict[str, Any]]:
    answer = client.get("/api/v1/kinds").raise_for_status()
    return [kind for kind in answer.json()["items"] if kind["kind"] == name]


def test_retries_and_limits_are_shown_as_they_were_announced(
    client: httpx.Client, database: Any
) -> None:
    database.announce(
        KindDefinition(
            kind="tts.limited",
            version=1,
            service="tts",
            payload_schema={"type": "object"},
            max_retries=5,
            retry=POLICY,
            soft_time_limit=54,
            time_limit=60,
            isolation="process",
            rate_limit="10/s",
            limit_key="{customer_id}",
        )
    )

    eventually(lambda: _listed(client, "tts.limited"))

    (kind,) = _listed(client, "tts.limited")
    assert kind["max_attempts"] == 6
    assert kind["retry"] == POLICY.model_dump()
    assert (kind["soft_time_limit"], kind["time_limit"], kind["isolation"]) == (54, 60, "process")
    assert (kind["rate_limit"], kind["limit_key"]) == ("10/s", "{customer_id}")


def test_what_a_kind_s_workers_lack_is_told_and_keeps_nobody_out(
    client: httpx.Client, database: Any
) -> None:
    schema = {"type": "object", LACKS_KEYWORD: ["natasha is not installed"]}
    database.announce(
        KindDefinition(kind="nlp.lacking", version=1, service="nlp", payload_schema=schema)
    )

    answer = client.get("/readyz")

    assert answer.status_code == 200
    assert answer.json()["checks"]["nlp.lacking"] == "natasha is not installed"
    assert "nlp.lacking" in answer.json()["missing"]


def test_a_kind_that_an_older_release_announced_says_nothing_of_its_retries(
    client: httpx.Client, database: Any
) -> None:
    database.announce(
        KindDefinition(
            kind="tts.older", version=1, service="tts", payload_schema={"type": "object"}
        )
    )
    # As a release wrote it that did not know the field.
    database.ask(
        "UPDATE job_kinds SET definition = definition - 'retry' WHERE kind = 'tts.older'"
        " RETURNING 1"
    )

    eventually(lambda: _listed(client, "tts.older"))

    assert _listed(client, "tts.older")[0]["retry"] is None
