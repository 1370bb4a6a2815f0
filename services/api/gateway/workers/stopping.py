"""POST /api/v1/workers/{incarnation}/stop."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends
from psycopg import Connection
from pydantic import BaseModel

from gateway.auditing.changes import Action, Change
from gateway.authentication import Caller, requires
from gateway.composition import Gateway, gateway_of
from gateway.customers.keys import Scope
from gateway.idempotency.route import OnceRoute
from gateway.problems import NotFound
from warren.contracts.ids import new_id
from warren.contracts.orders import StopWorker
from warren.messaging.topology import CANCELS_STREAM

router = APIRouter(prefix="/api/v1/workers", tags=["workers"], route_class=OnceRoute)

# Relay, recorder and gateway read no orders; the processes with queues do.
_IS_WORKER = """
SELECT 1 FROM workers WHERE incarnation = %s AND jsonb_array_length(beat -> 'queues') > 0
"""
_ORDER = "INSERT INTO publications (id, routing_key, body) VALUES (%s, %s, %s)"


class StopOrdered(BaseModel):
    """The order is on its way; `GET /api/v1/workers` shows what comes of it."""

    incarnation: str
    message: str = "it finishes what it runs and stops; its supervisor may start another"


@router.post("/{incarnation}/stop", status_code=202)
async def stop_worker(
    incarnation: str,
    operator: Annotated[Caller, Depends(requires(Scope.OPERATE))],
    gateway: Annotated[Gateway, Depends(gateway_of)],
) -> StopOrdered:
    """Tell one worker process to stop as SIGTERM would (operators only).

    Means this one life of it: a process that has ended since, or that was started again, does not
    heed the order.
    """
    order = StopWorker(incarnation=incarnation, by=operator.actor)

    def publish(connection: Connection[Any]) -> bool:
        if connection.execute(_IS_WORKER, [incarnation]).fetchone() is None:
            return False
        connection.execute(_ORDER, [new_id(), CANCELS_STREAM, order.encode()])
        connection.execute("SELECT pg_notify('warren_publications', '')")
        Change(operator.actor, Action.WORKER_STOPPED, incarnation).record(connection)
        return True

    if not await gateway.transactions.run(publish):
        raise NotFound(f"no worker {incarnation} has beaten within a day")
    return StopOrdered(incarnation=incarnation)
