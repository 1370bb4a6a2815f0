"""Who may have a task started again: it may have been asked for by a key that may do more."""

from gateway.authentication import Caller
from gateway.composition import Gateway
from gateway.customers.keys import Scope
from gateway.housekeeping.erasing.jobs import EraseCustomer
from gateway.problems import ScopeMissing
from warren.contracts.books import RecordBook

#: What the gateway does itself for an owner's task, who may have it done again with that.
_OWNERS = frozenset({RecordBook.kind})


async def ensure_may_start(gateway: Gateway, caller: Caller, kind: str) -> None:
    """Raise ScopeMissing unless the caller may have a task of this kind started again.

    `admin` for the erasure of a customer, `operate` for what else the gateway does itself and for
    kinds that only operators submit.
    """
    if kind == EraseCustomer.kind:
        needed = Scope.ADMIN
    elif await _is_for_operators(gateway, kind):
        needed = Scope.OPERATE
    else:
        return
    if needed not in caller.scopes:
        raise ScopeMissing(
            f"tasks of {kind} are started again with the scope {needed.value} only",
            scope=needed.value,
        )


async def _is_for_operators(gateway: Gateway, kind: str) -> bool:
    is_ours = kind.startswith("api.") and kind not in _OWNERS
    return is_ours or await gateway.catalogue.is_for_operators(kind)
