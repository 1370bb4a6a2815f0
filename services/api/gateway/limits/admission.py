"""How many messages each limit admits now, kept exact between relays by locks of a transaction."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
from psycopg import Connection

from gateway.limits.rules import KindRules
from warren.contracts.bucket import Bucket
from warren.contracts.limit_key import LimitKey, kind_of
from warren.contracts.limits import Rate

# Never waits: what another relay is deciding on is left to it for this round.
_LOCK = """
SELECT name FROM unnest(%s::text[]) AS name
WHERE pg_try_advisory_xact_lock(hashtextextended(name, %s))
"""
# A task that waits to be issued again no longer counts where it was issued before.
BUCKETS = """
SELECT name, r.tokens, extract(epoch FROM r.refilled_at)::double precision, r.unstarted,
    (SELECT count(*) FROM in_flight f WHERE f.started_at IS NULL AND f.limit_key <> ''
        AND split_part(f.limit_key, E'\\x1f', 1) = name
        AND NOT EXISTS (SELECT FROM outbox o WHERE o.task_id = f.task_id)),
    extract(epoch FROM clock_timestamp())::double precision
FROM unnest(%s::text[]) AS name LEFT JOIN LATERAL (
    SELECT * FROM rate_limits WHERE bucket = name LIMIT 1) r ON true
"""
GROUPS = """
SELECT name, (SELECT count(*) FROM in_flight f WHERE f.limit_key <> ''
    AND split_part(f.limit_key, E'\\x1f', 2) = name
    AND NOT EXISTS (SELECT FROM outbox o WHERE o.task_id = f.task_id))
FROM unnest(%s::text[]) AS name
"""
_SAVE = """
INSERT INTO rate_limits (bucket, tokens, refilled_at, unstarted, full_at)
SELECT bucket, tokens, to_timestamp(refilled_at), unstarted, to_timestamp(full_at)
FROM json_to_recordset(%s::json) AS n (bucket text, tokens double precision,
    refilled_at double precision, unstarted integer, full_at double precision)
ON CONFLICT (bucket) DO UPDATE SET tokens = excluded.tokens, refilled_at = excluded.refilled_at,
    unstarted = excluded.unstarted, full_at = excluded.full_at
"""
_FORGET = """
DELETE FROM rate_limits WHERE bucket IN (SELECT bucket FROM rate_limits
    WHERE full_at < now() - interval '1 minute' LIMIT 10000 FOR UPDATE SKIP LOCKED)
"""
_BUCKETS_OF, _GROUPS_OF = 1, 2


#: A bucket or a group, marked as what it is: they may have the same name.
Limit = tuple[int, str]


@dataclass(frozen=True, slots=True)
class AdmittedBucket:
    """A bucket as it is now; `changed` if it must be saved even so."""

    rate: Rate
    bucket: Bucket
    changed: bool


@dataclass(slots=True)
class Admission:
    """What is left of each limit within one transaction; limits that are not in it admit all."""

    budgets: dict[Limit, int] = field(default_factory=dict)
    buckets: dict[str, AdmittedBucket] = field(default_factory=dict)

    def limits(self, key: LimitKey) -> list[Limit]:
        """The limits that a message of this key has to pay."""
        named = ((_BUCKETS_OF, key.bucket), (_GROUPS_OF, key.group))
        return [limit for limit in named if limit in self.budgets]

    def next_in(self) -> float | None:
        """In how many seconds an empty bucket admits one more; None if starts must come first."""
        waits = [
            item.bucket.next_in(item.rate)
            for item in self.buckets.values()
            if item.bucket.available(item.rate) == 0 and item.bucket.unstarted < item.rate.burst
        ]
        return min(waits, default=None)


def admit(
    connection: Connection[Any], keys: Iterable[LimitKey], rules: Mapping[str, KindRules]
) -> Admission:
    """Lock and read the limits of these keys, until the caller's transaction ends."""
    admission = Admission()
    rates, places = _wanted(set(keys), rules)
    if rates:
        _admit_rates(connection, admission, rates)
    if places:
        _admit_groups(connection, admission, places)
    return admission


def save(connection: Connection[Any], admission: Admission, published: Iterable[LimitKey]) -> None:
    """Note what was published, within the transaction that `admission` belongs to."""
    counts = Counter(key.bucket for key in published)
    rows = [
        _row(name, item.rate, item.bucket.taken(counts[name]))
        for name, item in sorted(admission.buckets.items())
        if item.changed or counts[name]
    ]
    if rows:
        connection.execute(_SAVE, [orjson.dumps(rows).decode()])


def bucket_now(
    rate: Rate,
    tokens: float | None,
    at: float | None,
    unstarted_before: int | None,
    unstarted: int,
    now: float,
) -> Bucket:
    """The bucket that a row of BUCKETS describes; its first three columns may be empty."""
    if tokens is None or at is None or unstarted_before is None:
        return Bucket.new(rate, now, unstarted)
    return Bucket(tokens, at, unstarted_before).refilled(rate, now, unstarted)


def forget_full_buckets(connection: Connection[Any]) -> None:
    """Delete the buckets that a new one would equal."""
    connection.execute(_FORGET)


def _wanted(
    keys: set[LimitKey], rules: Mapping[str, KindRules]
) -> tuple[dict[str, Rate], dict[str, int]]:
    none = KindRules()
    rates, places = {}, {}
    for key in keys:
        rate = rules.get(kind_of(key.bucket), none).rate
        most = rules.get(kind_of(key.group), none).concurrency
        if rate is not None:
            rates[key.bucket] = rate
        if most is not None:
            places[key.group] = most
    return rates, places


def _admit_rates(
    connection: Connection[Any], admission: Admission, rates: Mapping[str, Rate]
) -> None:
    locked = _locked(connection, admission, rates, _BUCKETS_OF)
    for name, tokens, at, unstarted_before, unstarted, now in connection.execute(BUCKETS, [locked]):
        rate = rates[name]
        bucket = bucket_now(rate, tokens, at, unstarted_before, unstarted, now)
        admission.buckets[name] = AdmittedBucket(rate, bucket, unstarted_before != unstarted)
        admission.budgets[_BUCKETS_OF, name] = bucket.available(rate)


def _admit_groups(
    connection: Connection[Any], admission: Admission, places: Mapping[str, int]
) -> None:
    locked = _locked(connection, admission, places, _GROUPS_OF)
    for name, held in connection.execute(GROUPS, [locked]):
        admission.budgets[_GROUPS_OF, name] = max(0, places[name] - held)


def _locked(
    connection: Connection[Any], admission: Admission, names: Iterable[str], what: int
) -> list[str]:
    """Those that this transaction has now; what another relay holds admits nothing."""
    wanted = sorted(names)
    admission.budgets.update({(what, name): 0 for name in wanted})
    return [name for (name,) in connection.execute(_LOCK, [wanted, what])]


def _row(name: str, rate: Rate, bucket: Bucket) -> dict[str, Any]:
    return {
        "bucket": name,
        "tokens": bucket.tokens,
        "refilled_at": bucket.refilled_at,
        "unstarted": bucket.unstarted,
        "full_at": bucket.refilled_at + bucket.full_in(rate),
    }
