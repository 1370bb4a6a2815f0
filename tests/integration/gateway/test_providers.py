"""Operators see whom workers leave alone, and have it called again."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import httpx
import psycopg
import pytest
from typer.testing import CliRunner

from gateway.customers.keys import Scope
from gateway.workers.projections import record_beat
from warren.cli.main import build_app
from warren.contracts.ids import new_id
from warren.contracts.kinds import Beat, BeatHold
from warren.contracts.orders import ReleaseProvider, parse_order
from warren.messaging.topology import CANCELS_STREAM

pytestmark = pytest.mark.postgres


@pytest.fixture
def beat(database: Any) -> Callable[..., None]:
    """A beat of a process that leaves providers alone, some seconds ago."""

    def send(name: str, *holds: tuple[str, str, float], age: float = 0) -> None:
        now = datetime.now(UTC)
        told = [BeatHold(provider=p, reason=r, seconds=s) for p, r, s in holds]
        sent = Beat(
            incarnation=f"host-1-{name}",
            name=name,
            service="tts",
            release="1",
            host="host",
            pid=1,
            started_at=now,
            at=now,
            holds=told,
        )
        with psycopg.connect(database.url) as connection:
            record_beat(connection, sent)
        database.ask(
            "UPDATE workers SET beat_at = now() - make_interval(secs => %s) WHERE incarnation = %s",
            age,
            sent.incarnation,
        )

    return send


@pytest.fixture
def waiting(database: Any) -> Callable[..., UUID]:
    """A task that waits for a provider, to be issued again in an hour."""

    def make(provider: str, reason: str = "provider_down") -> UUID:
        task = new_id()
        error = f'{{"type": "ProviderDown", "message": "asked", "provider": "{provider}"}}'
        database.ask(
            "WITH made AS (INSERT INTO tasks (id, customer_id, actor, kind, version, queue, lane,"
            " payload, state, waiting_for, error, max_attempts) VALUES (%s, %s, 'key:test',"
            " 'tts.synthesize', 1, 'tts.default', 'default', '{}', 'pending', %s, %s::jsonb, 4)"
            " RETURNING id, customer_id) INSERT INTO outbox (task_id, generation, dispatch,"
            " attempt, kind, version, queue, customer_id, limit_key, available_at) SELECT id, 1, 2,"
            " 1, 'tts.synthesize', 1, 'tts.default', customer_id, '', now() + interval '1 hour'"
            " FROM made",
            task,
            uuid4(),
            reason,
            error,
        )
        return task

    return make


def _due(database: Any) -> set[UUID]:
    query = "SELECT task_id FROM outbox WHERE available_at < now() + interval '1 minute'"
    return {row[0] for row in database.ask(query)}


def test_holds_of_live_processes_are_shown_together(
    client: httpx.Client, beat: Callable[..., None]
) -> None:
    # Given two processes that leave a provider alone, one of which has beaten a moment ago
    beat("a", ("speech", "asked", 600), ("image", "failing", 30))
    beat("b", ("speech", "asked", 605), age=10)
    # And one that is gone, and a hold that has ended since the beat
    beat("gone", ("away", "asked", 600), age=31)
    beat("c", ("over", "failing", 5), age=8)

    items = client.get("/api/v1/providers").json()["items"]

    held = [(item["provider"], item["reason"], item["processes"]) for item in items]
    assert held == [("image", "failing", 1), ("speech", "asked", 2)]
    until = datetime.fromisoformat(items[1]["until"])
    assert 590 < (until - datetime.now(UTC)).total_seconds() <= 600
    assert items[1]["services"] == ["tts"]


def test_a_release_tells_all_workers_and_wakes_what_waits_for_the_provider(
    client: httpx.Client, database: Any, waiting: Callable[..., UUID]
) -> None:
    # Given tasks that wait for a provider, for another, and for something else
    mine = waiting("speech.example/batch")
    waiting("another")
    waiting("speech.example/batch", reason="backoff")
    database.ask("DELETE FROM publications")
    # When it is released
    answer = client.post("/api/v1/providers/speech.example%2Fbatch/release")
    # Then that one is due, and no other
    assert answer.status_code == 202, answer.text
    assert answer.json() == {"provider": "speech.example/batch", "tasks": 1, "complete": True}
    assert _due(database) == {mine}
    # And there is one order for the workers
    ((stream, body),) = database.ask("SELECT routing_key, body FROM publications")
    order = parse_order(body)
    assert stream == CANCELS_STREAM
    assert isinstance(order, ReleaseProvider)
    assert order.provider == "speech.example/batch"
    assert order.by.startswith("key:")


def test_only_operators_see_and_release(
    gateway_url: str, database: Any, connect: Callable[[str, str], httpx.Client]
) -> None:
    caller = connect(gateway_url, database.key(scopes=[Scope.TASKS_READ, Scope.TASKS_WRITE]))

    assert caller.get("/api/v1/providers").status_code == 403
    assert caller.post("/api/v1/providers/speech/release").status_code == 403


def test_no_provider_has_a_name_that_none_can_have(client: httpx.Client, database: Any) -> None:
    database.ask("DELETE FROM publications")

    refusal = client.post(f"/api/v1/providers/{'x' * 201}/release")

    assert refusal.status_code == 404
    assert database.count("publications") == 0


def test_the_commands_show_and_release(
    gateway_url: str,
    database: Any,
    beat: Callable[..., None],
    waiting: Callable[..., UUID],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("WARREN_URL", gateway_url)
    monkeypatch.setenv("WARREN_API_KEY", database.key())
    beat("a", ("speech", "asked", 600))
    task = waiting("speech")

    def run(*arguments: str) -> str:
        result = CliRunner().invoke(build_app(), ["providers", *arguments])
        assert result.exit_code == 0, result.output
        return result.output

    assert "asked for a pause" in run("list")
    assert "1 tasks that waited for it run now" in run("release", "speech")
    assert _due(database) == {task}
    assert "no live worker has said" in run("release", "speach")
