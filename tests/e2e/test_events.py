"""What somebody hears who listens to the exchange of events with a queue of their own."""

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pika
import pytest
from pika.adapters.blocking_connection import BlockingChannel

from tests.e2e.client import Client
from warren.stack.stack import Stack
from warren.testing.deadline import eventually

pytestmark = [pytest.mark.rabbitmq, pytest.mark.postgres]

_WAIT = {"Prefer": "wait=60"}


class Listener:
    """A queue that is bound to everything."""

    def __init__(self, channel: BlockingChannel) -> None:
        self._channel = channel
        self._queue = channel.queue_declare("", exclusive=True).method.queue
        channel.queue_bind(self._queue, "warren.events", "#")
        self._heard: list[dict[str, Any]] = []

    def of(self, tasks: set[str]) -> list[dict[str, Any]]:
        """What has been heard of these tasks so far."""
        while (told := self._channel.basic_get(self._queue, auto_ack=True))[0] is not None:
            event = json.loads(told[2])
            assert told[0].routing_key == event["type"]
            self._heard.append(event)
        return [event for event in self._heard if event["subject"] in tasks]


@pytest.fixture
def listener(stack: Stack) -> Iterator[Listener]:
    with pika.BlockingConnection(pika.URLParameters(stack.descriptor.amqp_url)) as connection:
        yield Listener(connection.channel())


def _done(client: Client, method: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = client.http.request(method, f"/api/v1/{path}", json=body, headers=_WAIT, timeout=70)
    assert answer.status_code == 200, answer.text
    done: dict[str, Any] = answer.json()
    assert done["status"] == "succeeded"
    return done


def test_every_fact_that_a_task_states_arrives_once(client: Client, listener: Listener) -> None:
    # Given somebody who listens, when a job of each kind that states a fact has succeeded
    spoken = _done(client, "POST", "speech", {"text": "Once."})
    prompt = {"prompt": "a castle", "width": 64, "height": 64}
    painted = _done(client, "POST", "images/generate", prompt)
    image = client.result(painted["task_id"])["artifact_id"]
    restyled = _done(client, "POST", "images/transfer-style", {"image": image, "style": "sepia"})
    lamp = {"name": "Lamp", "price": 3, "currency": "EUR"}
    indexed = _done(client, "PUT", "catalogue/products/lamp-of-events", lamp)
    faq = _done(client, "POST", "mobile-faq", {"question": "Who hears?", "answer": "Whoever asks."})

    # Then they have heard of each, once
    told_by = {
        spoken["task_id"]: "speech.synthesized.v1",
        painted["task_id"]: "images.generated.v1",
        restyled["task_id"]: "images.generated.v1",
        indexed["task_id"]: "catalogue.indexed.v1",
        faq["task_id"]: "faq.synced.v1",
    }
    eventually(lambda: len(listener.of(set(told_by))) >= len(told_by), within=30)
    client.wait(client.speak(text="Whatever came twice has come by now."))
    heard = listener.of(set(told_by))
    assert Counter((event["subject"], event["type"]) for event in heard) == Counter(told_by.items())
    assert len({event["id"] for event in heard}) == len(heard)
    data = {event["subject"]: event["data"] for event in heard}
    made = [data[task["task_id"]]["task_type"] for task in (painted, restyled)]
    assert made == ["image_generation", "style_transfer"]
    assert data[faq["task_id"]]["id"] == faq["faq_id"]
    assert data[indexed["task_id"]]["entity_kind"] == "product"
