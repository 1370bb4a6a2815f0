"""Which places deliveries take: their host's own, if that is known to answer soon.

A message that waits for an answer keeps a place that workers have few of. A host whose last answer
came soon has some of its own with each customer. All that are slow share a few, and so do all of
which nothing is known yet: dead receivers, however many, take no place of those that answer.
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import Any, LiteralString
from uuid import UUID
from zlib import crc32

from psycopg import Connection

from warren.contracts.kinds import KindDefinition
from warren.contracts.limit_key import LimitKey, limit_key_of
from warren.contracts.webhooks import DeliverWebhook

#: A customer and a host: what one of them has been told by it says nothing of another's address.
Pair = tuple[UUID, str]
_KNOWN: LiteralString = """
SELECT h.customer_id, h.host, h.is_prompt FROM webhook_hosts h
    JOIN unnest(%s::uuid[], %s::text[]) AS wanted (customer_id, host) USING (customer_id, host)
"""


class Pace(StrEnum):
    """How soon a host answers."""

    PROMPT = "prompt"
    SLOW = "slow"
    NEW = "new"


#: Groups that hosts of a pace are spread over; each has the places of one host. More of them for
#: those of which some will prove to be good.
_GROUPS = {Pace.SLOW: 2, Pace.NEW: 3}


def limit_keys(
    connection: Connection[Any], definition: KindDefinition | None, pairs: Iterable[Pair]
) -> dict[Pair, str]:
    """The limits under which deliveries to these hosts are now."""
    wanted = sorted(set(pairs))
    customers, hosts = [pair[0] for pair in wanted], [pair[1] for pair in wanted]
    rows = connection.execute(_KNOWN, [customers, hosts]).fetchall()
    paces = {(row[0], row[1]): Pace.PROMPT if row[2] else Pace.SLOW for row in rows}
    return {pair: limit_key(definition, pair, paces.get(pair, Pace.NEW)) for pair in wanted}


def limit_key(definition: KindDefinition | None, pair: Pair, pace: Pace) -> str:
    """The limit of deliveries to a host of this pace; none before a worker has announced them."""
    if definition is None:
        return ""
    customer_id, host = pair
    own = limit_key_of(definition, {"customer_id": customer_id, "user_id": None}, {"host": host})
    if pace is Pace.PROMPT or not own.group:
        return str(own)
    number = crc32(f"{customer_id}/{host}".encode()) % _GROUPS[pace]
    return str(LimitKey(own.bucket, f"{DeliverWebhook.kind}:{pace.value}/{number}"))
