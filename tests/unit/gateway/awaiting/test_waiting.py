"""Waiting for something on behalf of a client that may leave."""

import asyncio
from typing import Any

import pytest
from starlette.requests import Request

from gateway.awaiting.waiting import while_client_stays

_PATIENCE = 20.0


def _request(*, leaves: bool) -> Request:
    async def receive() -> dict[str, Any]:
        if not leaves:
            await asyncio.Event().wait()
        return {"type": "http.disconnect"}

    return Request({"type": "http"}, receive)


async def _forever() -> None:
    await asyncio.Event().wait()


def test_nobody_waits_for_a_client_that_has_left() -> None:
    asyncio.run(asyncio.wait_for(while_client_stays(_request(leaves=True), _forever(), 60), 10))


def test_nobody_waits_longer_than_the_client_wants_to() -> None:
    asyncio.run(asyncio.wait_for(while_client_stays(_request(leaves=False), _forever(), 0), 10))


def test_what_goes_wrong_with_the_thing_that_is_awaited_is_not_hidden() -> None:
    async def fails() -> None:
        raise KeyError("data")

    with pytest.raises(KeyError):
        asyncio.run(while_client_stays(_request(leaves=False), fails(), _PATIENCE))
