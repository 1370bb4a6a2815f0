"""Requests to addresses that callers chose: never to this machine or its networks."""

from warren.outbound.client import guarded_client
from warren.outbound.errors import (
    AddressRefused,
    HostUnknown,
    OutOfTime,
    UnresolvedHost,
    UrlRefused,
)
from warren.outbound.rules import OutboundRules

__all__ = [
    "AddressRefused",
    "HostUnknown",
    "OutOfTime",
    "OutboundRules",
    "UnresolvedHost",
    "UrlRefused",
    "guarded_client",
]
