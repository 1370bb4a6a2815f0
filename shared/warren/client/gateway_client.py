"""HTTP to the gateway for code that blocks."""

import atexit
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import httpx

from warren.client.calls.blocking import BlockingTransport, completed
from warren.client.calls.gateway_calls import ONE_TRY, GatewayCalls
from warren.client.gateway_connection import GatewayConnection
from warren.client.settings import ClientSettings

#: Who stands in for the gateway that the environment names, in the whole process.
_stand_ins: list["GatewayClient"] = []


class GatewayClient:
    """GatewayCalls that block; safe from any thread."""

    def __init__(
        self,
        url: str,
        api_key: str,
        *,
        timeout: float = 30.0,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        blocking = BlockingTransport(GatewayConnection(url, api_key, transport))
        self.calls = GatewayCalls(blocking, timeout)

    def close(self) -> None:
        """Close the connections."""
        completed(self.calls.transport.close())

    def get(self, path: str, *, timeout: float | None = None, wait: int = 0) -> Any:
        """GatewayCalls.get."""
        return completed(self.calls.get(path, timeout=timeout, wait=wait))

    def post(
        self, path: str, body: bytes, *, idempotency_key: str, timeout: float | None = None
    ) -> Any:
        """GatewayCalls.post."""
        return completed(
            self.calls.post(path, body, idempotency_key=idempotency_key, timeout=timeout)
        )

    def change(
        self,
        method: str,
        path: str,
        body: bytes | None,
        *,
        headers: Mapping[str, str],
        parameters: Mapping[str, Any],
        one_try: float = ONE_TRY,
    ) -> Any:
        """GatewayCalls.change."""
        return completed(
            self.calls.change(
                method, path, body, headers=headers, parameters=parameters, one_try=one_try
            )
        )


def default_client() -> GatewayClient:
    """The client of this process for the gateway that the environment names.

    Raises ConfigurationError when it names none.
    """
    if _stand_ins:
        return _stand_ins[-1]
    settings = ClientSettings()
    return _client_for(os.getpid(), *settings.address(), settings.client_timeout)


@contextmanager
def standing_in(client: GatewayClient) -> Iterator[None]:
    """Within this block `client` is `default_client`, in all threads."""
    _stand_ins.append(client)
    try:
        yield
    finally:
        _stand_ins.remove(client)


@lru_cache(maxsize=8)
def _client_for(_pid: int, url: str, api_key: str, timeout: float) -> GatewayClient:
    # A forked child needs connections of its own, hence the process's id.
    client = GatewayClient(url, api_key, timeout=timeout)
    atexit.register(client.close)
    return client
