"""Messages that nobody can read, between those that everybody can."""

import hashlib
import json
from random import Random

import pika
import pika.exceptions

from tests.chaos.faults.system import Order, System

_QUEUES = ("chaos.default", "chaos.low")


def publish_garbage(system: System, order: Order) -> None:
    """Publish a few: no JSON, JSON that is no job, and a job whose id makes no sense."""
    random = Random(f"{system.plan.seed} garbage {order.number}")
    try:
        _publish(system, random)
    except (pika.exceptions.AMQPError, OSError) as error:
        system.journal.write(event="not injected", number=order.number, error=repr(error)[:200])


def _publish(system: System, random: Random) -> None:
    parameters = pika.URLParameters(system.stack.descriptor.amqp_url)
    parameters.blocked_connection_timeout = 10
    connection = pika.BlockingConnection(parameters)
    try:
        channel = connection.channel()
        channel.confirm_delivery()
        for _ in range(random.randint(1, 3)):
            body = _body(random)
            name = hashlib.sha256(body).hexdigest()
            # Before it is sent: it may be there even if no confirm comes.
            system.journal.write(event="garbage", sha256=name, confirmed=False)
            channel.basic_publish(
                "", random.choice(_QUEUES), body, pika.BasicProperties(delivery_mode=2)
            )
            system.journal.write(event="garbage", sha256=name, confirmed=True)
    finally:
        if connection.is_open:
            connection.close()


def _body(random: Random) -> bytes:
    noise = random.randbytes(24)
    documents = [
        noise,
        json.dumps({"hello": noise.hex()}).encode(),
        json.dumps({"message_id": noise.hex(), "args": [{}], "actor_name": "x"}).encode(),
    ]
    return random.choice(documents)
