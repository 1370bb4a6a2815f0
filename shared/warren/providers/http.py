"""What the outcome of an HTTP call means for the task that made it, defined once for all."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx

from warren.errors import WarrenError
from warren.providers.board import ProviderBoard, process_board
from warren.providers.circuit import FAILURES, OPEN_SECONDS
from warren.providers.errors import ProviderDown, ProviderFailed, ProviderRefused

#: Later tries may succeed although the status is a 4xx.
_TRANSIENT_4XX = frozenset({408, 425})
_LEAVE_ALONE = frozenset({429, 503})
#: The request never reached the provider.
_UNREACHED = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
#: The request itself is wrong.
_OUR_FAULT = (
    httpx.UnsupportedProtocol,
    httpx.TooManyRedirects,
    httpx.InvalidURL,
)
_MOST_BODY = 300


class HttpProvider:
    """A provider behind HTTP.

    | outcome | raised | follows |
    |---|---|---|
    | 4xx except 408, 425, 429 | ProviderRefused | the task fails |
    | 408, 425, 5xx, a cut answer, a time-out once it was reached | ProviderFailed | retry |
    | 429, 503, no connection, open circuit | ProviderDown | waiting; `Retry-After` is honoured |

    `Retry-After` and an open circuit hold off all calls of this `name`, in this process at once and
    in all worker processes within a second: give one provider the same name everywhere. `board` is
    that of the process unless said otherwise.
    """

    def __init__(
        self,
        name: str,
        board: ProviderBoard | None = None,
        *,
        failures: int = FAILURES,
        open_seconds: float = OPEN_SECONDS,
    ) -> None:
        self._name = name
        self._board = board or process_board()
        self._circuit = self._board.circuit(name, failures=failures, open_seconds=open_seconds)

    @contextmanager
    def calling(self) -> Iterator[None]:
        """Around a call with httpx that ends with `response.raise_for_status()`."""
        self._board.refresh()
        self._circuit.enter()
        try:
            yield
        except httpx.HTTPStatusError as error:
            raise self._of_status(error.response) from error
        except httpx.LocalProtocolError:
            # Its text, and that of its causes, repeats the header, and with it the credentials.
            raise ProviderRefused(
                f"{self._name}: the request, its URL or its credentials, cannot be sent over HTTP"
            ) from None
        except _OUR_FAULT as error:
            raise ProviderRefused(f"{self._name}: {_words(error)}") from error
        except _UNREACHED as error:
            self._circuit.failed()
            words = f"{self._name} is not reached: {_words(error)}"
            raise ProviderDown(words, provider=self._name) from error
        except httpx.RequestError as error:
            self._circuit.failed()
            raise ProviderFailed(f"{self._name} gave no whole answer: {_words(error)}") from error
        self._circuit.succeeded()

    def _of_status(self, response: httpx.Response) -> WarrenError:
        status = response.status_code
        words = f"{self._name} answered {status}{_excerpt(response)}"
        pause = retry_after(response.headers.get("Retry-After"), datetime.now(UTC))
        if pause is not None and (status in _LEAVE_ALONE or status >= 500):
            self._circuit.pause(pause)
        elif status in _LEAVE_ALONE or status >= 500:
            self._circuit.failed()
        else:
            self._circuit.succeeded()
        if status in _LEAVE_ALONE:
            return ProviderDown(words, retry_after=pause, provider=self._name)
        if status >= 500 or status in _TRANSIENT_4XX:
            return ProviderFailed(words)
        return ProviderRefused(words)


def retry_after(value: str | None, now: datetime) -> float | None:
    """Seconds from a `Retry-After` header (RFC 9110 §10.2.3); None if it says nothing usable."""
    if value is None:
        return None
    text = value.strip()
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        return None
    return max(0.0, (moment - now).total_seconds())


def _words(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


def _excerpt(response: httpx.Response) -> str:
    """The beginning of the answer, if it was read: providers say there what is wrong."""
    text = response.text[:_MOST_BODY].strip() if response.is_closed else ""
    return f": {text}" if text else ""
