"""Which limits a task falls under, as one text that rows and indexes carry.

`<bucket>␟<group>`, parted by U+001F: the bucket that pays for its starts and the group in which it
takes a place, each `<kind>:<key>`, or nothing. Kinds that share a rate (`rate_group`) pay as
`<rate group>:<key>`. A task without limits has the empty text.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from warren.contracts.kinds import KindDefinition
from warren.contracts.limits import fill_template

_SEPARATOR = "\x1f"
_LONGEST_KEY = 100


@dataclass(frozen=True, slots=True)
class LimitKey:
    """A task's bucket and group; each is empty when there is no such limit."""

    bucket: str = ""
    group: str = ""

    @classmethod
    def parse(cls, text: str) -> "LimitKey":
        """Read what `str()` of one wrote."""
        bucket, _, group = text.partition(_SEPARATOR)
        return cls(bucket, group)

    def __str__(self) -> str:
        return f"{self.bucket}{_SEPARATOR}{self.group}" if self.bucket or self.group else ""


def limit_key_of(
    definition: KindDefinition, caller: Mapping[str, Any], payload: Mapping[str, Any]
) -> LimitKey:
    """The limits of a submission; `caller` has `customer_id` and `user_id`."""
    bucket = group = ""
    if definition.rate_limit is not None:
        payer = definition.rate_group or definition.kind
        bucket = _named(payer, fill_template(definition.limit_key, caller, payload))
    if definition.concurrency_key is not None:
        group = _named(definition.kind, fill_template(definition.concurrency_key, caller, payload))
    return LimitKey(bucket, group)


def kind_of(name: str) -> str:
    """The job kind, or group of rates, that a bucket or group belongs to."""
    return name.partition(":")[0]


def _named(kind: str, key: str) -> str:
    # As `warren_limit_name` does in SQL.
    if len(key) > _LONGEST_KEY or not (key.isascii() and key.isprintable()):
        key = sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
    return f"{kind}:{key}"
