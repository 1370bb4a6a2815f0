"""Orders to workers, on the stream `warren.cancels`: every worker process reads all of them."""

from typing import Annotated, Literal
from uuid import UUID

import orjson
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field


class _Wire(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    def encode(self) -> bytes:
        """As JSON."""
        return self.model_dump_json().encode()


class CancelTask(_Wire):
    """This generation of the task, and every earlier one, is not to run any more.

    `at` is the database's clock when it was asked for; `by` the actor who asked.
    """

    type: Literal["task.cancel"] = "task.cancel"
    task_id: UUID
    generation: Annotated[int, Field(ge=1)]
    at: AwareDatetime
    by: str


class StopWorker(_Wire):
    """The process that lives as `incarnation` is to finish what it runs and stop.

    `by` is the actor who asked.
    """

    type: Literal["worker.stop"] = "worker.stop"
    incarnation: str
    by: str


Order = CancelTask | StopWorker

_ORDERS: dict[str, type[CancelTask] | type[StopWorker]] = {
    "task.cancel": CancelTask,
    "worker.stop": StopWorker,
}


def parse_order(body: bytes) -> Order | None:
    """The order, or None for a type that this release does not know.

    Raises ValueError (of which pydantic.ValidationError is one) for what is no order at all.
    """
    raw = orjson.loads(body)
    if not isinstance(raw, dict):
        raise ValueError("an order is a JSON object")  # noqa: TRY004
    model = _ORDERS.get(str(raw.get("type")))
    return model.model_validate(raw) if model else None
