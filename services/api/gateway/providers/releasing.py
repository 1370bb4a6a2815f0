"""POST /api/v1/providers/{provider}/release."""

import time
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from psycopg import Connection
from pydantic import BaseModel, StringConstraints

from gateway.auditing.changes import Action, Change
from gateway.authentication import Caller, requires
from gateway.composition import Gateway, gateway_of
from gateway.customers.keys import Scope
from gateway.idempotency.route import OnceRoute
from warren.contracts.ids import new_id
from warren.contracts.orders import ReleaseProvider
from warren.messaging.topology import CANCELS_STREAM

router = APIRouter(prefix="/api/v1/providers", tags=["providers"], route_class=OnceRoute)

#: Tasks of one transaction, and seconds after which the rest is left to another request.
_CHUNK, _LONGEST = 2000, 10.0
_ORDER = "INSERT INTO publications (id, routing_key, body) VALUES (%s, %s, %s)"
# Two seconds, so that workers know of the release before the tasks come. What runs at this moment,
# or is being published, is passed over.
_WAKE = """
WITH chosen AS (
    SELECT o.task_id, o.generation, o.dispatch FROM outbox o JOIN tasks t ON t.id = o.task_id
    WHERE o.available_at > now() + interval '2 seconds' AND t.waiting_for = 'provider_down'
        AND t.error ->> 'provider' = %s
    LIMIT %s FOR UPDATE OF o SKIP LOCKED
), woken AS (
    UPDATE outbox o SET available_at = now() + interval '2 seconds' FROM chosen c
    WHERE o.task_id = c.task_id AND o.generation = c.generation AND o.dispatch = c.dispatch
    RETURNING 1
)
SELECT count(*), pg_notify('warren_outbox', '') FROM woken
"""
ProviderName = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class Released(BaseModel):
    """The order is on its way to all workers.

    `tasks` waited for the provider and run in two seconds; there are more unless `complete`: ask
    again.
    """

    provider: str
    tasks: int
    complete: bool


@router.post("/{provider:path}/release", status_code=202)
async def release_provider(
    provider: ProviderName,
    operator: Annotated[Caller, Depends(requires(Scope.OPERATE))],
    gateway: Annotated[Gateway, Depends(gateway_of)],
) -> Released:
    """Have a provider called again that workers leave alone (operators only).

    Says nothing about later: if it asks for another pause, or fails again, that holds.
    """
    order = ReleaseProvider(provider=provider, by=operator.actor)

    def publish(connection: Connection[Any]) -> None:
        connection.execute(_ORDER, [new_id(), CANCELS_STREAM, order.encode()])
        connection.execute("SELECT pg_notify('warren_publications', '')")
        Change(operator.actor, Action.PROVIDER_RELEASED, provider).record(connection)

    def wake(connection: Connection[Any]) -> int:
        ((count, _),) = connection.execute(_WAKE, [provider, _CHUNK]).fetchall()
        return int(count)

    await gateway.transactions.run(publish)
    woken, deadline = 0, time.monotonic() + _LONGEST
    while (count := await gateway.transactions.run(wake)) > 0:
        woken += count
        if count < _CHUNK:
            break
        if time.monotonic() > deadline:
            return Released(provider=provider, tasks=woken, complete=False)
    return Released(provider=provider, tasks=woken, complete=True)
