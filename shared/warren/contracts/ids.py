"""Task, run and artifact ids: UUIDv7, new or derived.

Layout of a UUIDv7 (RFC 9562, section 5.7): 48 bits of Unix milliseconds, version, 12 bits, variant,
62 bits. Ids therefore sort by time and partitions of tables can be ranges of ids.
"""

import hashlib
import uuid
from datetime import UTC, datetime, timedelta

from uuid_utils.compat import uuid7

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_VERSION_7 = 0x7 << 76
_VARIANT = 0x2 << 62


def new_id() -> uuid.UUID:
    """A fresh UUIDv7, monotonic within this process."""
    return uuid7()


def id_time(value: uuid.UUID) -> datetime:
    """The moment (UTC, millisecond precision) that a UUIDv7 carries."""
    return datetime.fromtimestamp((value.int >> 80) / 1000, tz=UTC)


def derived_id(parent: uuid.UUID, key: str) -> uuid.UUID:
    """The id that `parent` gives to `key`: the same two always make the same UUIDv7.

    Time bits are the parent's, so that the child lies in the same partition; all other bits come
    from SHA-256(parent, key).
    """
    digest = hashlib.sha256(parent.bytes + key.encode()).digest()
    return _compose(parent.int >> 80, digest)


def id_at(moment: datetime, key: str) -> uuid.UUID:
    """The id of what `key` (a schedule, say) makes at `moment`; deterministic in both."""
    milliseconds = _milliseconds(moment)
    digest = hashlib.sha256(f"{milliseconds}:{key}".encode()).digest()
    return _compose(milliseconds, digest)


def lowest_id(moment: datetime) -> uuid.UUID:
    """The smallest UUIDv7-shaped value of `moment`: a bound for ranges of ids, not an id.

    Before 1970 there are none: moments of then have the bound of its beginning.
    """
    return uuid.UUID(int=max(0, _milliseconds(moment)) << 80)


def _milliseconds(moment: datetime) -> int:
    # In whole numbers: seconds as a float are off by a microsecond some centuries from now.
    return (moment - _EPOCH) // timedelta(milliseconds=1)


def _compose(milliseconds: int, digest: bytes) -> uuid.UUID:
    noise = int.from_bytes(digest[:10], "big")
    value = (milliseconds & (1 << 48) - 1) << 80
    value |= _VERSION_7 | (noise >> 62 & 0xFFF) << 64 | _VARIANT | noise & (1 << 62) - 1
    return uuid.UUID(int=value)
