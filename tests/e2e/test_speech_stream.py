"""Speech is heard while it is still being spoken, and goes on where a killed worker has stopped."""

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from tests.audio_decoding import played
from tests.e2e.client import Client
from warren.stack.stack import Stack

pytestmark = [pytest.mark.rabbitmq, pytest.mark.postgres]

SENTENCE = "The ships lay in the rain, and nobody missed them. "


def _events(client: Client, task_id: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Names and data, as they come, to the end of the task."""
    with client.http.stream("GET", f"/api/v1/tasks/{task_id}/events", timeout=60) as answer:
        name = ""
        for line in answer.iter_lines():
            kind, _, value = line.partition(": ")
            if kind == "event":
                name = value
            elif kind == "data":
                yield name, json.loads(value)


def _joined(client: Client, parts: list[dict[str, Any]]) -> bytes:
    """What the first announcement of each part says, in their order."""
    first = {part["seq"]: part["artifact"] for part in reversed(parts)}
    return b"".join(client.download(first[n]["artifact_id"]) for n in range(1, len(first) + 1))


def test_the_first_sentence_is_heard_long_before_the_last(
    client: Client, record_property: Callable[[str, object], None]
) -> None:
    client.wait(client.speak(text="Warm."))
    started = time.monotonic()
    task_id = client.speak(text="Hello. " + SENTENCE * 30, stream=True, output_format="mp3")

    parts, first_after = [], 0.0
    for name, data in _events(client, task_id):
        if name == "part":
            first_after = first_after or time.monotonic() - started
            parts.append(data)
    took = time.monotonic() - started

    record_property("seconds to the first sentence", first_after)
    assert first_after < 5
    assert first_after < took / 2
    result = client.result(task_id)
    assert [part["seq"] for part in parts] == list(range(1, result["parts"] + 1))
    heard, _ = played(_joined(client, parts))
    whole, _ = played(client.download(result["artifact_id"]))
    np.testing.assert_array_equal(heard, whole)


@pytest.mark.slow
def test_a_killed_worker_goes_on_with_the_parts_that_are_missing(
    client: Client, stack: Stack
) -> None:
    # Given a worker that is killed in the middle of a text
    task_id = client.speak(text=SENTENCE * 40, stream=True, output_format="opus")
    parts = []
    for name, data in _events(client, task_id):
        if name == "part":
            parts.append(data)
            if len(parts) == 3:
                stack.kill("tts-worker")

    # Then the parts that follow continue those that were heard, and none has two versions
    result = client.result(task_id)
    versions = {(part["seq"], part["artifact"]["sha256"]) for part in parts}
    assert sorted(seq for seq, _ in versions) == list(range(1, result["parts"] + 1))
    heard, _ = played(_joined(client, parts))
    whole, _ = played(client.download(result["artifact_id"]))
    np.testing.assert_array_equal(heard, whole)
