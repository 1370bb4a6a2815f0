"""FastAPI in front of Celery, as its documentation has it: `.delay` in a plain `def` endpoint.

    python -m bench.peers.fastapi_celery AMQP_URL PORT

Publisher confirms are on, which Celery leaves off; no result backend. The answer says that the
broker has the message, in a durable classic queue; nothing is recorded of the task.
"""

import sys

from celery import Celery
from fastapi import FastAPI
from pydantic import BaseModel

from bench.peers.serving import serve

QUEUE = "bench-celery"


class Order(BaseModel):
    """What a client sends."""

    kind: str
    payload: dict[str, int]


def application(amqp_url: str) -> FastAPI:
    """The whole peer."""
    celery = Celery("bench", broker=amqp_url)
    celery.conf.update(
        broker_transport_options={"confirm_publish": True},
        task_default_queue=QUEUE,
        task_ignore_result=True,
    )

    @celery.task(name="bench.noop")  # type: ignore[untyped-decorator]
    def do_nothing(number: int) -> int:
        return number

    app = FastAPI()

    @app.post("/tasks", status_code=202)
    def submit(order: Order) -> dict[str, str]:
        return {"task_id": do_nothing.delay(order.payload["number"]).id}

    return app


if __name__ == "__main__":
    serve(application(sys.argv[1]), int(sys.argv[2]))
