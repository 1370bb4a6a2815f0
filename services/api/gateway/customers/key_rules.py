"""What a key may do to the keys of its customer: never more than it may do itself.

Administrators manage all keys, of all customers.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from gateway.authentication import Caller
from gateway.customers.key_rows import KeyRow, NewKeyRow
from gateway.customers.keys import Scope
from gateway.customers.problems import BeyondOwnKey

_LIMITS = ("requests_per_minute", "tasks_per_day")


def managed_by(caller: Caller) -> UUID | None:
    """Whose keys the caller manages; None: everybody's."""
    return None if Scope.ADMIN in caller.scopes else caller.customer_id


def check_new(caller: Caller, new: NewKeyRow) -> None:
    """Raise BeyondOwnKey if a key like this could do more than the caller's.

    A key that has limits of its own makes no keys: each of them would be counted by itself.
    """
    if managed_by(caller) is None:
        return
    if new.customer_id != caller.customer_id:
        raise BeyondOwnKey.at("customer_id", "is not yours: that needs the scope admin")
    if any(getattr(caller, name) is not None for name in _LIMITS):
        raise BeyondOwnKey("your key has limits of its own: an administrator makes others")
    check_reach(caller, new.scopes)
    _check_limits(name for name in _LIMITS if getattr(new, name) is not None)
    _check_expiry(caller, new.expires_at)


def check_reach(caller: Caller, scopes: Iterable[str]) -> None:
    """Raise BeyondOwnKey unless the caller has all these scopes, or is an administrator."""
    missing = [] if managed_by(caller) is None else sorted(set(scopes) - caller.scopes)
    if missing:
        raise BeyondOwnKey.at("scopes", f"include {', '.join(missing)}, which your key has not")


def check_change(caller: Caller, known: KeyRow, given: Mapping[str, Any]) -> None:
    """Raise BeyondOwnKey if what is `given`, by name of column, is not the caller's to change.

    What a key may do more is given to it as to a new one: not for longer than the caller has it,
    nor by a key that has limits of its own.
    """
    if managed_by(caller) is None:
        return
    check_reach(caller, known.scopes)
    check_reach(caller, given.get("scopes", ()))
    _check_limits(name for name in _LIMITS if name in given)
    gains = not set(given.get("scopes", ())) <= set(known.scopes)
    if gains and any(getattr(caller, name) is not None for name in _LIMITS):
        raise BeyondOwnKey.at("scopes", "are not for a key with limits of its own to add to")
    if gains or "expires_at" in given:
        _check_expiry(caller, given.get("expires_at", known.expires_at))


def _check_limits(given: Iterable[str]) -> None:
    for name in given:
        raise BeyondOwnKey.at(name, "is for administrators to say (scope admin)")


def _check_expiry(caller: Caller, expires_at: datetime | None) -> None:
    if caller.expires_at is None:
        return
    if expires_at is None or expires_at > caller.expires_at:
        limit = caller.expires_at.isoformat()
        raise BeyondOwnKey.at("expires_at", f"must be given, and not after your own key's, {limit}")
