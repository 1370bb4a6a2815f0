"""FastAPI in front of Dramatiq: `send` in a plain `def` endpoint, publisher confirms on.

    python -m bench.peers.fastapi_dramatiq AMQP_URL PORT

The answer says that the broker has the message, in a durable classic queue; nothing is recorded of
the task. Each thread of the server has a connection of its own, as Dramatiq's broker makes them.
"""

import sys

import dramatiq
from dramatiq.brokers.rabbitmq import RabbitmqBroker
from fastapi import FastAPI
from pydantic import BaseModel

from bench.peers.serving import serve

QUEUE = "bench-fastapi-dramatiq"


class Order(BaseModel):
    """What a client sends."""

    kind: str
    payload: dict[str, int]


def application(amqp_url: str) -> FastAPI:
    """The whole peer."""
    broker = RabbitmqBroker(url=amqp_url, confirm_delivery=True)

    @dramatiq.actor(queue_name=QUEUE, broker=broker)
    def do_nothing(number: int) -> None:
        return None

    app = FastAPI()

    @app.post("/tasks", status_code=202)
    def submit(order: Order) -> dict[str, str]:
        return {"task_id": do_nothing.send(order.payload["number"]).message_id}

    return app


if __name__ == "__main__":
    serve(application(sys.argv[1]), int(sys.argv[2]))
