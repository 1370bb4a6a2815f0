"""A cheap look at an address, before anything is accepted; its names are resolved by the worker."""

import ipaddress
from urllib.parse import urlsplit

from gateway.documents.problems import UnusableUrl
from warren.contracts.documents import MAX_URL

_LOCAL = (".localhost", ".local", ".internal", ".home.arpa")


def checked_public_url(url: str) -> str:
    """The address, if it may be one of a public web server; raises UnusableUrl."""
    if not url or len(url) > MAX_URL:
        raise UnusableUrl.at("url", f"must have 1 to {MAX_URL} characters")
    if any(character.isspace() or not character.isprintable() for character in url):
        raise UnusableUrl.at("url", "must not contain spaces or control characters")
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise UnusableUrl.at("url", f"is no valid address: {error}") from error
    if parts.scheme.lower() not in ("http", "https"):
        raise UnusableUrl.at("url", "must begin with http:// or https://")
    if not host:
        raise UnusableUrl.at("url", "names no host")
    if parts.username is not None or parts.password is not None:
        raise UnusableUrl.at("url", "must not contain a user name or password")
    if not may_be_public(host.rstrip(".")):
        raise UnusableUrl.at("url", f"names a private address: {host[:200]}")
    return url


def may_be_public(host: str) -> bool:
    """Whether a host's name, or numeric address, is not one that is known to be private."""
    address = literal_address(host)
    if address is not None:
        mapped = getattr(address, "ipv4_mapped", None) or address
        return mapped.is_global and not mapped.is_multicast
    name = host.lower()
    return "." in name and not name.endswith(_LOCAL) and name != "localhost"


def literal_address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """The address that a host is, also as browsers read it: 127.1, 2130706433, 0x7f.0.0.1."""
    try:
        return ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        pass
    parts = host.split(".")
    try:
        numbers = [int(part, _base(part)) for part in parts]
    except ValueError:
        return None
    if len(numbers) > 4 or any(number < 0 for number in numbers):
        return None
    *firsts, last = numbers
    value = sum(number << 24 - 8 * place for place, number in enumerate(firsts)) + last
    return ipaddress.IPv4Address(value & 0xFFFFFFFF)


def _base(part: str) -> int:
    if part.lower().startswith("0x"):
        return 16
    return 8 if part.startswith("0") and len(part) > 1 else 10
