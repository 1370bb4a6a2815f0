"""Deliveries and jobs as middleware and actors see them."""

import uuid
from datetime import UTC, datetime

import pika
import pytest

from warren.contracts.message import Dispatch, JobMessage, JobOptions, UndecodableMessage
from warren.messaging.delivery import Delivery, delivery_count
from warren.messaging.job_proxy import JobProxy
from warren.messaging.lane_order import in_lane_order


def _delivery(body: bytes) -> Delivery:
    return Delivery("tts.low", body, pika.BasicProperties(), False, 0, 1, 1)


def test_a_count_is_believed_only_from_a_message_that_came_before() -> None:
    # Given a message whose publisher claims a count
    properties = pika.BasicProperties(headers={"x-delivery-count": 7})
    # Then it counts only when the broker says that it was delivered before
    assert delivery_count(properties, redelivered=False) == 0
    assert delivery_count(properties, redelivered=True) == 7


@pytest.mark.parametrize("headers", [None, {}, {"x-delivery-count": "many"}])
def test_a_missing_count_is_none(headers: dict[str, object] | None) -> None:
    # Given a redelivered message without a usable count
    # Then the count is zero
    assert delivery_count(pika.BasicProperties(headers=headers), redelivered=True) == 0


def test_a_job_looks_like_a_dramatiq_message() -> None:
    # Given a job on the wire
    options = JobOptions(customer_id=uuid.uuid4(), attempt=2)
    job = JobMessage(Dispatch(uuid.uuid4(), 1, 3), "tts.synthesize", "tts.low", {"a": 1}, options)
    # When it is decoded from its delivery
    proxy = JobProxy.decode(_delivery(job.encode(datetime.now(UTC))))
    # Then Dramatiq finds what it looks for, and we find the job
    assert proxy.actor_name == "tts.synthesize"
    assert proxy.args == ({"a": 1},)
    assert proxy.message_id == str(job.dispatch)
    assert proxy.options["attempt"] == 2
    assert proxy.job == job


def test_garbage_is_told_apart() -> None:
    # Given something that is no job
    # Then decoding says so
    with pytest.raises(UndecodableMessage):
        JobProxy.decode(_delivery(b"garbage"))


def test_lanes_are_served_by_urgency() -> None:
    # Given queues in any order
    queues = ["tts.low", "image.gpu.default", "tts.critical", "tts.probe"]
    # Then probes and critical jobs come first
    assert in_lane_order(queues) == ["tts.probe", "tts.critical", "image.gpu.default", "tts.low"]
