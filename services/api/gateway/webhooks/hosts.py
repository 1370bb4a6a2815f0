"""How soon hosts answer, as their deliveries tell; what waits for one takes other places then."""

from collections.abc import Iterator, Sequence
from typing import Any, LiteralString
from uuid import UUID

import orjson
from psycopg import Connection

from gateway.webhooks.issuing import QUEUE, announced
from gateway.webhooks.places import Pace, Pair, limit_key
from warren.contracts.kinds import KindDefinition
from warren.contracts.state_machine import Transition
from warren.contracts.status import TaskFailed, TaskRetrying, TaskSucceeded
from warren.contracts.webhooks import DeliverWebhook

#: Deliveries to one host that are moved at a time.
_MOST = 1_000
#: Seconds within which an attempt, whatever has come of it, keeps its place from nobody.
_SOON = 2.0
# A row is written when its host gets another pace, or once a day: recorders never wait for each
# other because of it. Of several attempts the slow ones count; one that was on its way when its
# host became slow waits where it stood before.
_NOTE: LiteralString = """
INSERT INTO webhook_hosts AS h (customer_id, host, is_prompt, is_settled, noted_at)
SELECT seen.customer_id, seen.host, seen.is_prompt, known.host IS NOT NULL AND NOT seen.is_astray,
    now()
FROM (
    SELECT t.customer_id, t.payload ->> 'host' AS host, bool_and(a.is_prompt) AS is_prompt,
        bool_or(NOT a.is_prompt AND t.limit_key <> '' AND t.limit_key NOT LIKE '%%:slow/%%')
            AS is_astray
    FROM json_to_recordset(%s::json) AS a (id uuid, is_prompt boolean) JOIN tasks t ON t.id = a.id
    GROUP BY 1, 2) AS seen
LEFT JOIN webhook_hosts known USING (customer_id, host)
WHERE seen.host IS NOT NULL AND (known.is_prompt IS DISTINCT FROM seen.is_prompt
    OR known.noted_at < now() - interval '1 day' OR seen.is_astray)
ORDER BY 1, 2
ON CONFLICT (customer_id, host) DO UPDATE SET is_prompt = excluded.is_prompt, noted_at = now(),
    is_settled = h.is_settled AND h.is_prompt = excluded.is_prompt AND excluded.is_settled
"""
_UNSETTLED: LiteralString = """
SELECT customer_id, host, is_prompt FROM webhook_hosts WHERE NOT is_settled
ORDER BY noted_at LIMIT 20
"""
# Locked in the order of everybody.
_ELSEWHERE: LiteralString = """
SELECT t.id FROM outbox o JOIN tasks t ON t.id = o.task_id
WHERE o.queue = %(queue)s AND o.customer_id = %(customer)s AND o.limit_key = ANY (%(others)s)
    AND t.payload ->> 'host' = %(host)s
ORDER BY t.id LIMIT %(most)s FOR NO KEY UPDATE OF t
"""
_MOVE: LiteralString = """
WITH waiting AS (
    UPDATE outbox SET limit_key = %(key)s WHERE task_id = ANY (%(ids)s::uuid[])
)
UPDATE tasks SET limit_key = %(key)s WHERE id = ANY (%(ids)s::uuid[])
"""
_SETTLE: LiteralString = """
UPDATE webhook_hosts SET is_settled = true
WHERE customer_id = %s AND host = %s AND is_prompt = %s
"""
_FORGET: LiteralString = """
DELETE FROM webhook_hosts WHERE noted_at < now() - interval '30 days'
"""


def note_paces(connection: Connection[Any], transitions: Sequence[Transition]) -> None:
    """A projection: how long attempts have taken."""
    taken = [
        {"id": t.after.id, "is_prompt": seconds < _SOON}
        for t in transitions
        if t.after.kind == DeliverWebhook.kind
        for seconds in _seconds(t)
    ]
    if taken:
        connection.execute(_NOTE, [orjson.dumps(taken).decode()])


def settle_hosts(connection: Connection[Any]) -> int:
    """Have what waits for hosts that got another pace take the places of that; returns how many
    hosts are done with.

    Of 20 hosts a thousand deliveries each, in transactions of its own: whoever calls it has more to
    do, and calls it again. Raises psycopg.Error; what was done before stays so.
    """
    rows = connection.execute(_UNSETTLED).fetchall()
    definition = announced(connection) if rows else None
    settled = 0
    for customer_id, host, is_prompt in rows:
        pace = Pace.PROMPT if is_prompt else Pace.SLOW
        if len(_moved(connection, definition, (customer_id, host), pace)) < _MOST:
            connection.execute(_SETTLE, [customer_id, host, is_prompt])
            settled += 1
    return settled


def forget_hosts(connection: Connection[Any]) -> None:
    """Forget those that nothing has been sent to for a month."""
    connection.execute(_FORGET)


def _seconds(transition: Transition) -> Iterator[float]:
    for status in transition.history:
        if isinstance(status, TaskSucceeded | TaskRetrying | TaskFailed):
            yield status.data.processing_seconds


def _moved(
    connection: Connection[Any], definition: KindDefinition | None, pair: Pair, pace: Pace
) -> list[UUID]:
    """Some of what waited elsewhere."""
    key = limit_key(definition, pair, pace)
    others = [limit_key(definition, pair, other) for other in Pace if other is not pace]
    waits = {"queue": QUEUE, "customer": pair[0], "host": pair[1], "others": others, "most": _MOST}
    if key in others:
        return []
    with connection.transaction():
        ids = [row[0] for row in connection.execute(_ELSEWHERE, waits).fetchall()]
        connection.execute(_MOVE, {"key": key, "ids": ids})
    return ids
