"""What may be said about a task beside its payload, however it is submitted."""

from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from warren.contracts.lanes import Lane

#: A payload as it travels in a message, in bytes of JSON; anything larger is an artifact's affair.
MAX_PAYLOAD_BYTES = 64 * 1024
#: As long as a task's summary is kept, in seconds.
MAX_DELAY = 400 * 24 * 3600
MAX_METADATA_BYTES = 4096
#: Tasks that one request or one message submits at most.
MAX_BATCH = 1000

Tag = Annotated[str, Field(min_length=1, max_length=64)]


class TaskOptions(BaseModel):
    """When a task may run, in which lane, and how it is found again; all of it is optional."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    lane: Lane | None = None
    run_at: AwareDatetime | None = None
    #: Seconds from its acceptance; not beside `run_at`.
    delay_seconds: Annotated[float, Field(ge=0, le=MAX_DELAY)] | None = None
    #: Not started by then, it does not run at all.
    expires_at: AwareDatetime | None = None
    #: While a task of the same kind and key lives, no other of the customer is accepted.
    unique_key: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    metadata: dict[str, Any] | None = None
    tags: Annotated[list[Tag], Field(max_length=20)] | None = None
    user_id: Annotated[str, Field(min_length=1, max_length=200)] | None = None
