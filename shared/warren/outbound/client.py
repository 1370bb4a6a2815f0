"""An HTTP client for addresses that callers chose."""

import ssl
from functools import cache

import httpcore
import httpx

from warren.outbound.backend import Deadline, GuardedBackend
from warren.outbound.rules import OutboundRules

_CONNECTIONS = 4


def guarded_client(
    rules: OutboundRules, *, seconds: float, step_timeout: float = 10.0, agent: str = "warren"
) -> httpx.Client:
    """A client that connects to what `rules` allow, `seconds` from now at most; close it.

    It follows no redirects (check each by `rules.checked`, then call it), decodes nothing that the
    caller does not ask for by reading `iter_bytes`, and takes neither proxies nor credentials from
    its environment. Where an address is refused, AddressRefused or HostUnknown come out of the
    call; OutOfTime when the time is over, UnresolvedHost without an answer of a name server.
    """
    transport = httpx.HTTPTransport(trust_env=False)
    transport.close()
    # httpx has no parameter for the way in which connections are made.
    transport._pool = httpcore.ConnectionPool(
        ssl_context=_ssl_context(),
        max_connections=_CONNECTIONS,
        network_backend=GuardedBackend(rules, Deadline(seconds)),
    )
    return httpx.Client(
        transport=transport,
        trust_env=False,
        follow_redirects=False,
        timeout=step_timeout,
        headers={"User-Agent": agent, "Accept-Encoding": "identity"},
    )


@cache
def _ssl_context() -> ssl.SSLContext:
    return httpx.create_ssl_context(trust_env=False)
