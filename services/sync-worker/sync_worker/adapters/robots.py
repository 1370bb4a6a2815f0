"""robots.txt (RFC 9309): whether a page may be fetched by us."""

from typing import Protocol

import httpx
from protego import Protego

from sync_worker.errors import PageFailed, PageRefused

#: Bytes; what comes after that need not be heeded.
_MOST = 512 * 1024
_HOPS = 5


class Checked(Protocol):
    """Checks where a redirect leads."""

    def __call__(self, url: httpx.URL) -> httpx.URL: ...


def check_robots(client: httpx.Client, url: httpx.URL, agent: str, allowed: Checked) -> None:
    """Raises PageRefused if the site does not want us there, PageFailed if it does not say.

    `allowed` checks the address of a redirect.
    """
    rules = _rules(client, url.copy_with(raw_path=b"/robots.txt"), agent, allowed)
    if rules is not None and not rules.can_fetch(str(url), agent):
        raise PageRefused(
            f"{url.host} does not want {url.path} to be fetched (robots.txt)", field="url"
        )


def _rules(client: httpx.Client, url: httpx.URL, agent: str, allowed: Checked) -> Protego | None:
    """None where there is no such file: then everything may be fetched."""
    for _ in range(_HOPS):
        with client.stream("GET", url) as response:
            if response.is_server_error or response.status_code == httpx.codes.TOO_MANY_REQUESTS:
                raise PageFailed(
                    f"{url} answered {response.status_code}: nobody knows what is allowed"
                )
            if response.has_redirect_location:
                url = allowed(url.join(response.headers["Location"]))
                continue
            if not response.is_success:
                return None
            return Protego.parse(_head(response).decode("utf-8", "replace"))
    return None


def _head(response: httpx.Response) -> bytes:
    data = b""
    for chunk in response.iter_raw(65_536):
        data += chunk
        if len(data) >= _MOST:
            break
    return data[:_MOST]
