"""What may be called."""

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_address

import httpx

from warren.outbound.addresses import Network, is_public
from warren.outbound.errors import UrlRefused

_SCHEMES = {"http": 80, "https": 443}


def ascii_host(url: httpx.URL) -> str:
    """The host as it is looked up: international names as `xn--…`."""
    return url.raw_host.decode("ascii")


@dataclass(frozen=True, slots=True)
class OutboundRules:
    """Ports that may be called, and networks that may although they are not public (for tests).

    `field` is the name under which the URL was given; errors carry it.
    """

    ports: frozenset[int] = frozenset({80, 443})
    also_allowed: Sequence[Network] = ()
    field: str = "url"

    def checked(self, url: str | httpx.URL) -> httpx.URL:
        """The URL as it will be called, without its fragment; raises UrlRefused.

        Where its host lies is only known, and checked, when it is connected to.
        """
        try:
            parsed = httpx.URL(url)
            # What an international name says is only read where it is shown: as what it stands
            # for it must be one, too.
            is_named = bool(parsed.host)
        except (httpx.InvalidURL, TypeError, ValueError) as error:
            raise UrlRefused(f"this is no URL: {error}", field=self.field) from None
        if parsed.scheme not in _SCHEMES:
            raise self.refused("only http:// and https:// are called")
        if not is_named:
            raise self.refused("the URL names no host")
        if "%" in ascii_host(parsed):
            raise self.refused(f"this is no URL: {parsed.host!r} is no host")
        if parsed.userinfo:
            raise self.refused("the URL carries a user name or password, which are not sent")
        port = parsed.port or _SCHEMES[parsed.scheme]
        if port not in self.ports:
            known = ", ".join(map(str, sorted(self.ports)))
            raise self.refused(f"port {port} is not called, only {known}")
        return parsed.copy_with(fragment=None)

    def allows(self, address: str) -> bool:
        """Whether a numeric address may be connected to."""
        if is_public(address):
            return True
        try:
            parsed = ip_address(address)
        except ValueError:
            return False
        return any(parsed in network for network in self.also_allowed)

    def refused(self, message: str) -> UrlRefused:
        """An error that names the field."""
        return UrlRefused(message, field=self.field)
