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


def parse_order(body: bytes) -> CancelTask | None:
    """The order, or None for a type that this release does not know.

    Raises ValueError (of which pydantic.ValidationError is one) for what is no order at all.
    """
    raw = orjson.loads(body)
    if not isinstance(raw, dict):
        raise ValueError("an order is a JSON object")  # noqa: TRY004
    return CancelTask.model_validate(raw) if raw.get("type") == "task.cancel" else None
