"""Why a request to an address of a caller's choice is not made."""

from warren.errors import RejectedInput, TransientError


class UrlRefused(RejectedInput):
    """The URL itself is not one that is called: its scheme, port, or what else stands in it."""


class AddressRefused(UrlRefused):
    """The host lies at no public address; nothing was sent to it."""


class HostUnknown(UrlRefused):
    """There is no host of that name."""


class UnresolvedHost(TransientError):
    """No name server has said, in time, where the host is."""


class OutOfTime(TransientError):
    """The other side took longer than all of the request may take."""
