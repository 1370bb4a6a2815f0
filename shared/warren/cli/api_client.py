"""How commands speak with a gateway: over HTTP, with the address and key of the environment.

`WARREN_URL` and `WARREN_API_KEY` name the gateway; where they are not set, the stack that runs in
this checkout (`warren up`) is meant.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import orjson

from warren.cli.root import find_root
from warren.errors import ConfigurationError
from warren.stack.descriptor import running_stack

if TYPE_CHECKING:
    import httpx

_TIMEOUT = 30.0


class ApiClient:
    """JSON in, JSON out. A context manager, because it holds connections.

    Whoever gave the command is there to give it again, so a request is sent once. Every method
    raises warren.client.errors.RefusedByGateway for an answer that is an error, and
    GatewayUnreachable. Paths begin with `/api/v1/`.
    """

    def __init__(
        self, url: str, api_key: str, transport: "httpx.BaseTransport | None" = None
    ) -> None:
        # Commands that speak with no gateway stand beside those that do, and start sooner.
        from warren.client.gateway_connection import GatewayConnection

        self._connection = GatewayConnection(url, api_key, transport)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._connection.close()

    def get(self, path: str, parameters: Mapping[str, Any] | None = None) -> Any:
        """GET; parameters that are None are left out."""
        return self._request("GET", path, parameters=parameters)

    def post(self, path: str, body: Any = None) -> Any:
        """POST `body` as JSON, or nothing."""
        return self._request("POST", path, body)

    def put(self, path: str, body: Any) -> Any:
        """PUT with `body` as JSON."""
        return self._request("PUT", path, body)

    def upload(self, path: str, file: tuple[str, bytes, str], fields: Mapping[str, str]) -> Any:
        """POST a form with a file (name, content, media type) and other fields before it."""
        import httpx

        form = httpx.Request("POST", "http://form", files={"file": file}, data=dict(fields))
        headers = {"Content-Type": form.headers["Content-Type"]}
        return self._send("POST", path, body=form.read(), headers=headers)

    def patch(self, path: str, body: Any) -> Any:
        """PATCH with `body` as JSON."""
        return self._request("PATCH", path, body)

    def delete(self, path: str) -> Any:
        """DELETE."""
        return self._request("DELETE", path)

    def download(self, path: str, target: Path) -> None:
        """GET a file into `target`, without holding it in memory."""
        with (
            self._connection.stream(path, timeout=_TIMEOUT) as chunks,
            target.open("wb") as file,
        ):
            for chunk in chunks:
                file.write(chunk)

    def _request(self, method: str, path: str, body: Any = None, **more: Any) -> Any:
        content = None if body is None else orjson.dumps(body)
        headers = None if content is None else {"Content-Type": "application/json"}
        return self._send(method, path, body=content, headers=headers, **more)

    def _send(self, method: str, path: str, **more: Any) -> Any:
        from warren.client.gateway_connection import document_of

        return document_of(self._connection.send(method, path, timeout=_TIMEOUT, **more))


def open_client(
    environment: Mapping[str, str] = os.environ, start: Path | None = None
) -> ApiClient:
    """The client for the gateway that is meant; raises ConfigurationError when none is."""
    url, key = environment.get("WARREN_URL"), environment.get("WARREN_API_KEY")
    if not (url and key):
        stack = running_stack(find_root(start or Path.cwd()))
        if stack is None:
            raise ConfigurationError(
                "no gateway is named and no stack runs here: set WARREN_URL and WARREN_API_KEY, "
                "or start one with `warren up`"
            )
        url, key = url or stack.gateway_url, key or stack.api_key
    return ApiClient(url, key)
