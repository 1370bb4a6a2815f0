"""Which key an operation needs, as its dependencies say."""

import inspect
from collections.abc import Iterator, Sequence
from typing import Any

from fastapi.dependencies.models import Dependant

from gateway.authentication import requires
from gateway.customers.keys import Scope

SCHEMES: dict[str, dict[str, Any]] = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "wk_…",
        "description": "An API key (`warren keys create`): `Authorization: Bearer wk_…`",
    },
    "apiKey": {
        "type": "apiKey",
        "in": "header",
        "name": "X-API-Key",
        "description": "The same key in a header of its own",
    },
}
_MAKER = requires.__qualname__


def scopes_of(dependant: Dependant) -> list[Scope]:
    """The scopes of which the key of a request must have one; none if it needs no key."""
    return list(_scopes(dependant))


def requirement(scopes: Sequence[Scope], *, is_signed: bool) -> list[dict[str, list[str]]]:
    """`security` of an operation: a key with one of these scopes; a signed address needs none."""
    with_key = [{scheme: [scope.value]} for scope in scopes for scheme in SCHEMES]
    return [*with_key, {}] if is_signed else with_key


def _scopes(dependant: Dependant) -> Iterator[Scope]:
    call = dependant.call
    # The dependency is a closure of `requires(…)`: it alone knows which scopes were meant.
    if inspect.isfunction(call) and call.__qualname__.startswith(f"{_MAKER}."):
        yield from inspect.getclosurevars(call).nonlocals["scopes"]
    for inner in dependant.dependencies:
        yield from _scopes(inner)
