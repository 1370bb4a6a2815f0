"""The client for asyncio."""

import functools
from collections.abc import AsyncGenerator, Callable, Coroutine
from typing import Any, Concatenate, ParamSpec, Self, TypeVar

import httpx

from warren.client.calls import files, following, listing, submitting, tasks
from warren.client.calls.awaiting import AwaitingTransport
from warren.client.calls.gateway_calls import GatewayCalls
from warren.client.settings import address_of

P = ParamSpec("P")
T = TypeVar("T")


def _awaited(
    call: Callable[Concatenate[GatewayCalls, P], Coroutine[Any, Any, T]],
) -> Callable[Concatenate["AsyncWarrenClient", P], Coroutine[Any, Any, T]]:
    @functools.wraps(call)
    async def method(client: "AsyncWarrenClient", /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await call(client.calls, *args, **kwargs)

    return method


def _iterating(
    call: Callable[Concatenate[GatewayCalls, P], AsyncGenerator[T, None]],
) -> Callable[Concatenate["AsyncWarrenClient", P], AsyncGenerator[T, None]]:
    @functools.wraps(call)
    def method(
        client: "AsyncWarrenClient", /, *args: P.args, **kwargs: P.kwargs
    ) -> AsyncGenerator[T, None]:
        return call(client.calls, *args, **kwargs)

    return method


class AsyncWarrenClient:
    """What WarrenClient does, without blocking the event loop that it is used in.

    An asynchronous context manager. Whoever leaves off following before the task has ended closes
    what `follow` has given (`contextlib.aclosing`).
    """

    def __init__(
        self,
        url: str | None = None,
        api_key: str | None = None,
        *,
        timeout: float = 30.0,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self.calls = GatewayCalls(AwaitingTransport(*address_of(url, api_key), transport), timeout)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        await self.calls.transport.close()

    submit = _awaited(submitting.submit)
    submit_batch = _awaited(submitting.submit_batch)
    status = _awaited(tasks.status)
    wait = _awaited(tasks.wait)
    result = _awaited(tasks.result)
    follow = _iterating(following.follow)
    cancel = _awaited(tasks.cancel)
    retry = _awaited(tasks.retry)
    extend = _awaited(tasks.extend)
    delete = _awaited(tasks.delete)
    details = _awaited(listing.details)
    tasks = _iterating(listing.tasks)
    history = _iterating(listing.history)
    members = _iterating(listing.members)
    cancel_all = _awaited(listing.cancel_all)
    retry_all = _awaited(listing.retry_all)
    upload = _awaited(files.upload)
    download = _awaited(files.download)
