"""Whose tasks a caller may see and act on: its own, and everybody's with the scope `operate`."""

from typing import Any, TypeVar
from uuid import UUID

from gateway.authentication import Caller
from gateway.composition import Gateway
from gateway.customers.keys import Scope
from gateway.problems import ScopeMissing
from gateway.tasks.selection import TaskFilter

FilterT = TypeVar("FilterT", bound=TaskFilter)


async def visible_task(gateway: Gateway, caller: Caller, task_id: UUID) -> dict[str, Any]:
    """The row; raises NotFound if there is none that this caller may see."""
    if caller.is_operator:
        return await gateway.tasks.any_task(task_id)
    return await gateway.tasks.task(task_id, caller.customer_id)


def own_tasks(chosen: FilterT, caller: Caller) -> FilterT:
    """The filter, restricted to the caller's tasks unless the key has the scope `operate`.

    Raises ScopeMissing if it names another customer's.
    """
    if caller.is_operator:
        return chosen
    if chosen.customer_id not in (None, caller.customer_id):
        raise ScopeMissing(
            f"tasks of customer {chosen.customer_id} need the scope {Scope.OPERATE.value}",
            scope=Scope.OPERATE.value,
        )
    return chosen.model_copy(update={"customer_id": caller.customer_id})
