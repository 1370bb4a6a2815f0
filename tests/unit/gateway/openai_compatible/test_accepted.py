"""Errors after a task was accepted."""

import asyncio
from uuid import UUID

import httpx
import psycopg
import pytest
from fastapi import FastAPI, Request
from fastapi.responses import Response

from gateway.error_handlers import add_error_handlers
from gateway.openai_compatible.waiting import accepted_task
from gateway.problems import TooManyStreams
from warren.artifacts.errors import StoreUnavailable
from warren.contracts.ids import new_id

_PATH = "/v1/images/generations"


def _answer_to(error: Exception, *, accepted: UUID | None) -> httpx.Response:
    app = FastAPI()
    add_error_handlers(app)

    @app.post(_PATH)
    async def paint(request: Request) -> Response:
        if accepted is not None:
            accepted_task(request, Response(f'{{"task_id": "{accepted}"}}', 202))
        raise error

    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://here") as client:
            return await client.post(_PATH)

    return asyncio.run(ask())


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (psycopg.OperationalError("away"), 503),
        (psycopg.errors.IdleInTransactionSessionTimeout("stood still"), 503),
        (StoreUnavailable("away"), 503),
        (TooManyStreams("too many", retry_after=5), 429),
        (ZeroDivisionError("a fault"), 500),
    ],
    ids=["database", "frozen", "store", "streams", "fault"],
)
def test_whatever_goes_wrong_after_it_the_client_knows_the_task_and_makes_no_other(
    error: Exception, status: int
) -> None:
    task_id = new_id()
    answer = _answer_to(error, accepted=task_id)

    assert answer.status_code == status
    assert answer.headers["x-warren-task"] == str(task_id)
    assert answer.headers["x-should-retry"] == "false"


def test_before_anything_is_accepted_the_client_may_ask_again() -> None:
    answer = _answer_to(psycopg.OperationalError("away"), accepted=None)

    assert answer.status_code == 503
    assert {"x-warren-task", "x-should-retry"}.isdisjoint(answer.headers)
