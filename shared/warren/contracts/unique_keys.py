"""The key by which only one task of a customer and kind lives at a time."""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from warren.contracts.kinds import KindDefinition
from warren.contracts.limits import fill_template

#: As of those that callers give.
_LONGEST_KEY = 200
#: Where a kind as a whole is unique; no caller can give an empty key.
_WHOLE_KIND = "*"


def unique_key_of(
    definition: KindDefinition, caller: Mapping[str, Any], payload: Mapping[str, Any]
) -> str | None:
    """The key that the kind gives to a task; `caller` has `customer_id` and `user_id`.

    None where tasks of the kind are not unique. `warren_enqueue` does the same in SQL.
    """
    if definition.unique is None:
        return None
    key = fill_template(definition.unique, caller, payload) or _WHOLE_KIND
    if len(key) > _LONGEST_KEY:
        key = sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
    return key
