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


class HoldProvider(_Wire):
    """Nobody is to call `provider` for `seconds` from `at` on.

    It asked for that (`Retry-After`), or it failed so often that its circuit opened. `at` is the
    clock of the worker process `by` that says so; whoever reads it allows for clocks that differ.
    """

    type: Literal["provider.hold"] = "provider.hold"
    provider: Annotated[str, Field(min_length=1, max_length=200)]
    reason: Literal["asked", "failing"]
    seconds: Annotated[float, Field(ge=0)]
    at: AwareDatetime
    by: str


class ReleaseProvider(_Wire):
    """Whoever leaves `provider` alone may call it again: what was said before is over.

    `by` is the actor who asked.
    """

    type: Literal["provider.release"] = "provider.release"
    provider: Annotated[str, Field(min_length=1, max_length=200)]
    by: str


Order = CancelTask | StopWorker | HoldProvider | ReleaseProvider

_ORDERS: dict[str, type[Order]] = {
    "task.cancel": CancelTask,
    "worker.stop": StopWorker,
    "provider.hold": HoldProvider,
    "provider.release": ReleaseProvider,
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
