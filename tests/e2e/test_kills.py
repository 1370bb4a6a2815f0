"""Processes are killed and servers stopped while tasks run; nothing that was accepted is lost."""

import itertools
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import httpx
import psycopg
import pytest

from tests.e2e.client import TERMINAL, Client
from warren.stack.descriptor import StackDescriptor
from warren.stack.stack import Stack
from warren.testing.deadline import eventually

pytestmark = [pytest.mark.rabbitmq, pytest.mark.postgres, pytest.mark.slow]

#: How long the broker and the database stay away, in seconds.
_OUTAGE = float(os.environ.get("WARREN_LONG_OUTAGE", "2"))
OUTCOMES = ["task.succeeded", "task.failed", "task.cancelled"]


def _open_tasks(stack: Stack, ids: list[str]) -> dict[str, int]:
    with psycopg.connect(stack.descriptor.database_url) as connection:
        query = "SELECT state, count(*) FROM tasks WHERE id = ANY(%s::uuid[]) GROUP BY state"
        return {str(state): int(n) for state, n in connection.execute(query, [ids])}


def _wait_for_all(stack: Stack, ids: list[str], timeout: float) -> dict[str, int]:
    def all_ended() -> dict[str, int] | None:
        states = _open_tasks(stack, ids)
        return None if set(states) - TERMINAL else states

    return eventually(all_ended, within=timeout, seen=lambda: _open_tasks(stack, ids))


def _files(stack: Stack) -> set[str]:
    folder = Path(stack.descriptor.artifacts_dir) / "sha256"
    return {path.name for path in folder.rglob("*") if path.is_file()}


def _submit_until_accepted(client: Client, text: str) -> str:
    """A client that tries again, under one key, after a 503 or without an answer, as one would."""
    request = {"text": text, "language": "de"}
    key = {"Idempotency-Key": str(uuid4())}

    def accepted() -> str | None:
        try:
            answer = client.http.post("/api/v1/speech", json=request, headers=key)
        except httpx.TransportError:
            return None
        # (409: an earlier try of the same request is still being answered.)
        assert answer.status_code in {202, 409, 503}, answer.text
        return str(answer.json()["task_id"]) if answer.status_code == 202 else None

    return eventually(accepted, within=60)


def _texts(count: int) -> Iterator[str]:
    return (f"Satz Nummer {n} von {count}." for n in range(1, count + 1))


def test_a_killed_process_is_started_again_and_described_anew(stack: Stack) -> None:
    def described() -> int | None:
        content = StackDescriptor.model_validate_json(stack.folder.descriptor.read_text())
        return {entry.name: entry.pid for entry in content.processes}.get("relay")

    former = eventually(described)

    stack.kill("relay")

    eventually(lambda: described() not in {None, former}, within=60)
    assert described() == stack.pid("relay")


def test_200_tasks_survive_the_kill_of_every_process_in_turn(stack: Stack, client: Client) -> None:
    # Given 200 accepted tasks, with a process killed after every tenth
    files_before = _files(stack)
    victims = itertools.cycle(["tts-worker", "relay", "recorder", "gateway"])
    ids = []
    for number, text in enumerate(_texts(200)):
        ids.append(_submit_until_accepted(client, text))
        if number % 10 == 9:
            stack.kill(next(victims))

    # When the dust has settled
    states = _wait_for_all(stack, ids, timeout=150)

    # Then all have succeeded, each recorded once, with one file each
    assert states == {"succeeded": 200}
    with psycopg.connect(stack.descriptor.database_url) as connection:
        ends = connection.execute(
            "SELECT count(*), count(DISTINCT task_id) FROM task_history"
            " WHERE task_id = ANY(%s::uuid[]) AND type = ANY(%s)",
            [ids, OUTCOMES],
        ).fetchone()
        files = connection.execute(
            "SELECT count(*), count(DISTINCT sha256), count(DISTINCT task_id) FROM artifacts"
            " WHERE task_id = ANY(%s::uuid[])",
            [ids],
        ).fetchone()
        left = connection.execute(
            "SELECT (SELECT count(*) FROM outbox WHERE task_id = ANY(%(ids)s::uuid[])),"
            " (SELECT count(*) FROM in_flight WHERE task_id = ANY(%(ids)s::uuid[]))",
            {"ids": ids},
        ).fetchone()
    assert ends == (200, 200)
    assert files == (200, 200, 200)
    assert left == (0, 0)
    # (Also a run that was killed after it had stored its file: the next one stores the same.)
    assert len(_files(stack) - files_before) == 200


def test_a_stopped_broker_delays_tasks_and_loses_none(stack: Stack, client: Client) -> None:
    # Given a broker that is down
    stack.halt("rabbitmq")
    try:
        # When tasks are submitted as long as it is, they are accepted all the same
        ids = [client.speak(text=text, language="de") for text in _texts_of_an_outage()]
        assert {client.status(task_id)["status"] for task_id in ids} == {"pending"}
    finally:
        stack.resume("rabbitmq")

    # Then they run once it is back, without any restart by hand
    assert _wait_for_all(stack, ids, timeout=90) == {"succeeded": len(ids)}


def test_without_a_database_submissions_are_refused_and_running_tasks_end_well(
    stack: Stack, client: Client
) -> None:
    # Given tasks on their way when the database stops
    ids = [client.speak(text=text, language="de") for text in _texts(5)]
    stack.halt("postgres")
    try:
        # When others are submitted as long as it is away, each is refused with the advice to come
        # back
        for text in _texts_of_an_outage():
            answer = client.http.post("/api/v1/speech", json={"text": text})
            assert answer.status_code == 503
            assert int(answer.headers["retry-after"]) > 0
    finally:
        stack.resume("postgres")

    # Then the earlier ones end as they should once it is back
    assert _wait_for_all(stack, ids, timeout=90) == {"succeeded": 5}
    assert client.wait(client.speak(text="Now it works."))["status"] == "succeeded"


def _texts_of_an_outage() -> Iterator[str]:
    """A text every half second, as long as an outage shall be."""
    end = time.monotonic() + _OUTAGE
    for number in itertools.count(1):
        yield f"Satz Nummer {number} dieses Ausfalls."
        if time.monotonic() > end:
            return
        # Not to wait for anything, but at a client's pace: each is checked again when all is well.
        threading.Event().wait(0.5)
