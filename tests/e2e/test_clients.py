"""The Python clients against a running system, whose gateway is killed now and then."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.both_clients import BOTH, opened_client
from tests.integration.pictures.painting_server import png
from warren.client.errors import TaskCancelled, TaskUnknown
from warren.client.refusals import NotFound, NotValid
from warren.contracts.speech import Speech, SynthesizeSpeech
from warren.stack.stack import Stack

pytestmark = [pytest.mark.rabbitmq, pytest.mark.postgres]

_PICTURE = png(64, 64)


@pytest.fixture(params=BOTH)
def clients(request: pytest.FixtureRequest, stack: Stack) -> Iterator[Any]:
    described = stack.descriptor
    with opened_client(request.param, described.gateway_url, described.api_key) as client:
        yield client


def test_a_text_is_submitted_followed_and_fetched(clients: Any, tmp_path: Path) -> None:
    task = clients.submit(SynthesizeSpeech(text="Hello. This is spoken."))

    *_, last = clients.follow(task)
    speech = clients.wait(task, Speech)
    file = clients.download(speech.artifact_id, tmp_path / "hello.wav")

    assert (last.event, last.result["artifact_id"]) == ("result", str(speech.artifact_id))
    assert file.stat().st_size == speech.size_bytes
    assert list(clients.follow(task, after=last.id)) == []


def test_a_picture_is_uploaded_and_worked_on(clients: Any, tmp_path: Path) -> None:
    stored = clients.upload(_PICTURE, name="castle.png", media_type="image/png")

    task = clients.submit("image.transfer_style", {"image": str(stored.id), "style": "sepia"})
    made = clients.wait(task, timeout=120)

    again = clients.download(stored, tmp_path / "castle.png")
    sepia = clients.download(made["artifact_id"], tmp_path / "sepia.png")
    assert again.read_bytes() == _PICTURE
    assert sepia.read_bytes().startswith(b"\x89PNG")


def test_a_batch_is_waited_for_and_tasks_are_cancelled_and_retried(clients: Any) -> None:
    batch = clients.submit_batch([SynthesizeSpeech(text=text) for text in ("One.", "Two.")])
    later = clients.submit("tts.synthesize", {"text": "Later."}, delay_seconds=600)

    assert clients.wait(batch.batch_id, timeout=120)["succeeded"] == 2
    assert clients.cancel(later).status == "cancelled"
    with pytest.raises(TaskCancelled):
        clients.result(later)
    assert clients.retry(later).generation == 2
    clients.wait(later)
    members = list(clients.members(batch.batch_id))
    assert [(member.task_id, member.status) for member in members] == [
        (item.task_id, "succeeded") for item in batch.items
    ]
    assert clients.details(members[0]).payload["text"] == "One."
    assert [entry.type for entry in clients.history(members[0])][-1] == "task.succeeded"
    kept = clients.extend(batch.batch_id, days=40).result_expires_at
    assert kept == clients.status(batch.batch_id).result_expires_at > datetime.now(UTC)
    with closing(clients.tasks(kind="tts.synthesize", state=["succeeded"])) as found:
        assert next(found).task_id == later.task_id
    clients.delete(later)
    with pytest.raises(TaskUnknown):
        clients.status(later)
    assert clients.wait(clients.retry_all(tag="nobody's"), timeout=60)["changed"] == 0
    assert clients.wait(clients.cancel_all(tag="nobody's"), timeout=60)["changed"] == 0


def test_what_is_refused_says_why(clients: Any) -> None:
    with pytest.raises(NotValid) as refusal:
        clients.submit("tts.synthesize", {"text": "Hello", "speed": -1})
    assert refusal.value.problem["errors"][0]["field"] == refusal.value.field == "payload.speed"

    with pytest.raises(NotFound):
        clients.submit("no.such_kind", {})


def test_both_follow_a_task_through_the_death_of_its_gateway(stack: Stack) -> None:
    # Given two clients that follow a task
    described = stack.descriptor
    both_listen = threading.Barrier(3, timeout=30)

    def follow(which: str, task: Any) -> list[Any]:
        with opened_client(which, described.gateway_url, described.api_key) as client:
            events = client.follow(task, timeout=120)
            first = next(events)
            both_listen.wait()
            return [first, *events]

    with (
        opened_client("blocking", described.gateway_url, described.api_key) as client,
        ThreadPoolExecutor(2) as threads,
    ):
        task = client.submit("tts.synthesize", {"text": "Still there."}, delay_seconds=3)
        following = [threads.submit(follow, which, task) for which in BOTH]
        both_listen.wait()
        # When its gateway is killed before the task has begun
        stack.kill("gateway")
        # Then another task is taken at once, and both hear the end, each event once
        client.submit("tts.synthesize", {"text": "Taken."})
        for told in following:
            events = told.result()
            ids = [event.id for event in events if event.id is not None]
            assert events[-1].event == "result"
            assert ids == list(range(1, len(ids) + 1))
