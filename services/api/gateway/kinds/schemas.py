"""What `GET /api/v1/kinds` answers."""

from typing import Any, Literal

from pydantic import BaseModel

from gateway.kinds.catalogue import CataloguedKind
from warren.contracts.lanes import Lane, Pool
from warren.contracts.retries import RetryPolicy


class KindView(BaseModel):
    """A job kind that the caller may submit; times in seconds."""

    kind: str
    version: int
    service: str
    pool: Pool | None
    lane: Lane
    description: str
    payload_schema: dict[str, Any]
    result_schema: dict[str, Any]
    max_attempts: int
    #: Null if its service is of a release that does not announce it.
    retry: RetryPolicy | None
    soft_time_limit: float
    time_limit: float
    isolation: Literal["thread", "process"]
    rate_limit: str | None
    burst: int | None
    limit_key: str
    rate_group: str | None
    concurrency_key: str | None
    concurrency_limit: int
    unique: str | None

    @classmethod
    def of(cls, kind: CataloguedKind) -> "KindView":
        """The view of a catalogued kind."""
        definition = kind.definition
        return cls(
            max_attempts=definition.max_retries + 1,
            **definition.model_dump(include=set(cls.model_fields) - {"max_attempts"}),
        )


class KindList(BaseModel):
    """All kinds; they fit on one page."""

    items: list[KindView]
    next_cursor: str | None = None
