"""The client for code that blocks."""

import functools
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterator
from typing import Any, Concatenate, ParamSpec, Self, TypeVar

import httpx

from warren.client.calls import files, following, listing, submitting, tasks
from warren.client.calls.blocking import completed, iterated
from warren.client.calls.gateway_calls import GatewayCalls
from warren.client.gateway_client import GatewayClient
from warren.client.settings import address_of

P = ParamSpec("P")
T = TypeVar("T")


def _blocking(
    call: Callable[Concatenate[GatewayCalls, P], Coroutine[Any, Any, T]],
) -> Callable[Concatenate["WarrenClient", P], T]:
    @functools.wraps(call)
    def method(client: "WarrenClient", /, *args: P.args, **kwargs: P.kwargs) -> T:
        return completed(call(client.calls, *args, **kwargs))

    return method


def _iterating(
    call: Callable[Concatenate[GatewayCalls, P], AsyncGenerator[T, None]],
) -> Callable[Concatenate["WarrenClient", P], Iterator[T]]:
    @functools.wraps(call)
    def method(client: "WarrenClient", /, *args: P.args, **kwargs: P.kwargs) -> Iterator[T]:
        return iterated(call(client.calls, *args, **kwargs))

    return method


class WarrenClient:
    """Submits, follows and fetches; safe from any thread. A context manager: it holds connections.

    Without `url` and `api_key` those of WARREN_URL and WARREN_API_KEY. While the gateway cannot be
    reached, or has no time, calls are made again for `timeout` seconds, then GatewayUnreachable is
    raised; nothing is done twice by that. What the gateway refuses raises a class of
    warren.client.refusals, whose `problem` is its whole answer. What a method does, its function in
    warren.client.calls says.
    """

    def __init__(
        self,
        url: str | None = None,
        api_key: str | None = None,
        *,
        timeout: float = 30.0,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        gateway = GatewayClient(*address_of(url, api_key), timeout=timeout, transport=transport)
        self.calls = gateway.calls

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        completed(self.calls.transport.close())

    submit = _blocking(submitting.submit)
    submit_batch = _blocking(submitting.submit_batch)
    status = _blocking(tasks.status)
    wait = _blocking(tasks.wait)
    result = _blocking(tasks.result)
    follow = _iterating(following.follow)
    cancel = _blocking(tasks.cancel)
    retry = _blocking(tasks.retry)
    extend = _blocking(tasks.extend)
    delete = _blocking(tasks.delete)
    details = _blocking(listing.details)
    tasks = _iterating(listing.tasks)
    history = _iterating(listing.history)
    members = _iterating(listing.members)
    cancel_all = _blocking(listing.cancel_all)
    retry_all = _blocking(listing.retry_all)
    upload = _blocking(files.upload)
    download = _blocking(files.download)
