"""Fetching pages that callers name: never from this machine or its networks."""

import zlib
from collections.abc import Iterator
from pathlib import Path

import httpx

from sync_worker.adapters.robots import check_robots
from sync_worker.errors import PageFailed, PageRefused
from sync_worker.ports import Page
from warren.outbound import OutboundRules, guarded_client

_HOPS = 5
_CHUNK = 65_536
_AGAIN_LATER = frozenset({408, 425, 429})
_LONGEST_NAME = 100


class WebPages:
    """Implements `PageFetcher`; at most `seconds` and `most` bytes for a page."""

    def __init__(self, rules: OutboundRules, *, seconds: float, most: int, agent: str) -> None:
        self._rules = rules
        self._seconds = seconds
        self._most = most
        self._agent = agent

    def fetch(self, url: str, folder: Path) -> Page:
        current = self._rules.checked(url)
        with guarded_client(self._rules, seconds=self._seconds, agent=self._agent) as client:
            try:
                return self._follow(client, current, folder)
            except httpx.InvalidURL as error:
                raise PageRefused(
                    f"the page leads to what is no URL: {error}", field="url"
                ) from None
            except (httpx.RequestError, httpx.StreamError) as error:
                reason = f"{type(error).__name__}: {error}"
                raise PageFailed(f"{current.host} gave no whole answer: {reason}") from error

    def _follow(self, client: httpx.Client, url: httpx.URL, folder: Path) -> Page:
        for _ in range(_HOPS + 1):
            check_robots(client, url, self._agent, self._rules.checked)
            with client.stream("GET", url) as response:
                if response.has_redirect_location:
                    url = self._rules.checked(url.join(response.headers["Location"]))
                    continue
                _check_status(response)
                path = folder / "page"
                self._save(response, path)
                return Page(path, str(url), _name(url), response.headers.get("Content-Type", ""))
        raise PageRefused(f"the page redirects more than {_HOPS} times", field="url")

    def _save(self, response: httpx.Response, path: Path) -> None:
        declared = response.headers.get("Content-Length", "")
        if declared.isdigit() and int(declared) > self._most:
            raise self._too_large()
        size = 0
        with path.open("wb") as file:
            for chunk in _decoded(response):
                size += len(chunk)
                if size > self._most:
                    raise self._too_large()
                file.write(chunk)

    def _too_large(self) -> PageRefused:
        return PageRefused(f"the page has more than {self._most} bytes", field="url")


def _check_status(response: httpx.Response) -> None:
    status = response.status_code
    if response.is_server_error or status in _AGAIN_LATER:
        raise PageFailed(f"{response.url.host} answered {status}")
    if not response.is_success:
        raise PageRefused(f"{response.url.host} answered {status}", field="url")


def _decoded(response: httpx.Response) -> Iterator[bytes]:
    """The content, in pieces that are small whatever is packed in them."""
    encoding = response.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding in {"", "identity"}:
        yield from response.iter_raw(_CHUNK)
    elif encoding in {"gzip", "x-gzip", "deflate"}:
        yield from _inflated(response.iter_raw(_CHUNK))
    else:
        raise PageRefused(f"the page comes packed as {encoding[:20]!r}, unasked", field="url")


def _inflated(packed: Iterator[bytes]) -> Iterator[bytes]:
    # With 32 both headers are known, that of gzip and that of zlib.
    inflater = zlib.decompressobj(32 + zlib.MAX_WBITS)
    try:
        for chunk in packed:
            rest = chunk
            while rest:
                yield inflater.decompress(rest, _CHUNK)
                rest = inflater.unconsumed_tail
        yield inflater.flush()
    except zlib.error as error:
        raise PageRefused(f"the page is badly packed: {error}", field="url") from None


def _name(url: httpx.URL) -> str:
    """The last part of the path, as a name of a file."""
    return url.path.rpartition("/")[2][-_LONGEST_NAME:] or "page"
