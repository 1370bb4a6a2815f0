"""Answers of the gateway that say no, by what is to be done about them."""

from typing import Any

from warren.client.errors import RefusedByGateway


class NotValid(RefusedByGateway):
    """400, 413, 416 or 422: the request is wrong; `field` names the part, if there is one."""


class NotAuthenticated(RefusedByGateway):
    """401: the key is missing, unknown, revoked or has expired."""


class NotAllowed(RefusedByGateway):
    """403: the key lacks a scope, or its plan does not include this."""


class NotFound(RefusedByGateway):
    """404: nothing is there, or nothing that this key may see."""


class Conflict(RefusedByGateway):
    """409: the state of things forbids it; `problem` tells the state."""


class Gone(RefusedByGateway):
    """410: it was there, and is not kept any more."""


class GatewayFault(RefusedByGateway):
    """5xx: a fault of the gateway's; its log has more under the `incident` of `problem`."""


_BY_STATUS: dict[int, type[RefusedByGateway]] = {
    400: NotValid,
    401: NotAuthenticated,
    403: NotAllowed,
    404: NotFound,
    409: Conflict,
    410: Gone,
    413: NotValid,
    416: NotValid,
    422: NotValid,
}


def refusal_of(status: int, problem: dict[str, Any]) -> RefusedByGateway:
    """The error for an answer with this status."""
    fallback = GatewayFault if status >= 500 else RefusedByGateway
    return _BY_STATUS.get(status, fallback)(status, problem)
