"""Single requests to a gateway, and what its answers mean."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import httpx
import orjson

from warren.client.errors import GatewayUnreachable
from warren.client.refusals import refusal_of
from warren.credentials import sendable
from warren.errors import ConfigurationError


class GatewayConnection:
    """Sends a request once; safe from any thread. Its owner closes it.

    Every request ends within its time-out, in seconds. Raises GatewayUnreachable if there is no
    answer, and ConfigurationError for an address or key that HTTP cannot use.
    """

    def __init__(
        self, url: str, api_key: str, transport: httpx.BaseTransport | None = None
    ) -> None:
        self._url = url
        self._client = httpx.Client(
            transport=transport,
            base_url=url,
            headers=authorization(api_key),
            trust_env=False,
        )

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def send(
        self,
        method: str,
        path: str,
        *,
        timeout: float,
        body: bytes | Iterable[bytes] | None = None,
        headers: Mapping[str, str] | None = None,
        parameters: Mapping[str, Any] | None = None,
    ) -> httpx.Response:
        """The answer, whatever it is; parameters that are None are left out."""
        given = {name: value for name, value in (parameters or {}).items() if value is not None}
        with reaching(self._url, method, path):
            return self._client.request(
                method, path, content=body, headers=headers, params=given or None, timeout=timeout
            )

    @contextmanager
    def opened(
        self, path: str, *, timeout: float, headers: Mapping[str, str] | None = None
    ) -> Iterator[httpx.Response]:
        """What a GET finds while it comes; of an error, the whole answer."""
        with (
            reaching(self._url, "GET", path),
            self._client.stream("GET", path, headers=headers, timeout=timeout) as answer,
        ):
            if answer.is_error:
                answer.read()
            yield answer

    @contextmanager
    def stream(self, path: str, *, timeout: float) -> Iterator[Iterator[bytes]]:
        """The bytes of what a GET finds; raises RefusedByGateway if it finds nothing."""
        with self.opened(path, timeout=timeout) as answer:
            if answer.is_error:
                raise refusal_of(answer.status_code, problem_of(answer))
            yield answer.iter_bytes()


def authorization(api_key: str) -> dict[str, str]:
    """The header that every request has; raises ConfigurationError for a key that none can hold."""
    try:
        return {"Authorization": f"Bearer {sendable(api_key)}"}
    except ValueError as error:
        raise ConfigurationError(f"the API key (WARREN_API_KEY) {error}") from None


@contextmanager
def reaching(url: str, method: str, path: str) -> Iterator[None]:
    """Around a request; raises GatewayUnreachable and ConfigurationError for what httpx raises."""
    try:
        yield
    except httpx.UnsupportedProtocol as error:
        raise ConfigurationError(f"WARREN_URL cannot be used: {error}") from error
    except httpx.LocalProtocolError:
        # Its text, and that of its causes, repeats the header, with the key perhaps.
        raise ConfigurationError(
            "a header of this request cannot be sent: WARREN_API_KEY or the idempotency key"
        ) from None
    except httpx.TransportError as error:
        raise GatewayUnreachable(
            f"the gateway {url} does not answer {method} {path}: {type(error).__name__}: {error}"
        ) from error


def document_of(answer: httpx.Response) -> Any:
    """The answer's JSON, None if it is empty; raises RefusedByGateway for an error."""
    if answer.is_success:
        return orjson.loads(answer.content) if answer.content else None
    raise refusal_of(answer.status_code, problem_of(answer))


def problem_of(answer: httpx.Response) -> dict[str, Any]:
    """What an error says (RFC 9457), as far as it says anything."""
    try:
        document = orjson.loads(answer.content)
    except ValueError:
        document = None
    if isinstance(document, dict):
        return document
    return {"title": f"HTTP {answer.status_code}", "detail": answer.text[:300]}
