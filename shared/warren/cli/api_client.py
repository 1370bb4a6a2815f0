"""How commands speak with a gateway: over HTTP, with the address and key of the environment.

`WARREN_URL` and `WARREN_API_KEY` name the gateway; where they are not set, the stack that runs in
this checkout (`warren up`) is meant.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import httpx

from warren.cli.root import find_root
from warren.errors import ConfigurationError, Unavailable, WarrenError
from warren.stack.descriptor import running_stack

_TIMEOUT = 30.0


class RefusedByGateway(WarrenError):
    """The gateway answered with a problem; `status` is HTTP's, `problem` what it said."""

    def __init__(self, status: int, problem: dict[str, Any]) -> None:
        title, detail = problem.get("title", f"HTTP {status}"), problem.get("detail", "")
        super().__init__(f"{title}: {detail}" if detail else str(title))
        self.status = status
        self.problem = problem


class GatewayUnreachable(Unavailable):
    """The gateway does not answer."""


class ApiClient:
    """JSON in, JSON out. A context manager, because it holds connections.

    Every method raises RefusedByGateway for an answer that is an error, and GatewayUnreachable.
    Paths begin with `/api/v1/`.
    """

    def __init__(
        self, url: str, api_key: str, transport: httpx.BaseTransport | None = None
    ) -> None:
        self._client = httpx.Client(
            transport=transport,
            base_url=url,
            headers={"Authorization": f"Bearer {api_key}"},
            timeout=_TIMEOUT,
            trust_env=False,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def get(self, path: str, parameters: Mapping[str, Any] | None = None) -> Any:
        """GET; parameters that are None are left out."""
        given = {name: value for name, value in (parameters or {}).items() if value is not None}
        return self._request("GET", path, params=given)

    def post(self, path: str, body: Any = None, *, headers: Mapping[str, str] | None = None) -> Any:
        """POST `body` as JSON, or nothing."""
        return self._request("POST", path, json=body, headers=headers)

    def patch(self, path: str, body: Any) -> Any:
        """PATCH with `body` as JSON."""
        return self._request("PATCH", path, json=body)

    def delete(self, path: str) -> Any:
        """DELETE."""
        return self._request("DELETE", path)

    def download(self, path: str, target: Path) -> None:
        """GET a file into `target`, without holding it in memory."""
        with self._answered("GET", path), self._client.stream("GET", path) as answer:
            if answer.is_error:
                answer.read()
                raise RefusedByGateway(answer.status_code, _problem(answer))
            with target.open("wb") as file:
                for chunk in answer.iter_bytes():
                    file.write(chunk)

    def _request(self, method: str, path: str, **arguments: Any) -> Any:
        with self._answered(method, path):
            answer = self._client.request(method, path, **arguments)
        if answer.is_error:
            raise RefusedByGateway(answer.status_code, _problem(answer))
        return answer.json() if answer.content else None

    @contextmanager
    def _answered(self, method: str, path: str) -> Iterator[None]:
        try:
            yield
        except httpx.HTTPError as error:
            raise GatewayUnreachable(
                f"the gateway {self._client.base_url} does not answer {method} {path}: {error!r}"
            ) from error


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


def _problem(answer: httpx.Response) -> dict[str, Any]:
    try:
        document = answer.json()
    except ValueError:
        document = None
    if isinstance(document, dict):
        return document
    return {"title": f"HTTP {answer.status_code}", "detail": answer.text[:500]}
