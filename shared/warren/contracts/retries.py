"""How a job kind is tried again."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

_Seconds = Annotated[float, Field(ge=0)]


class RetryPolicy(BaseModel):
    """As the Worker class declares it; `max_retries` stands beside it. Times are in seconds."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    #: Delays double from `backoff_base` to `backoff_max`; without back-off each is `delay`.
    backoff: bool
    backoff_base: _Seconds
    backoff_max: _Seconds
    delay: _Seconds
    #: Up to half of a delay is taken off at random.
    jitter: bool
    #: Prescribed delays after attempt 1, 2 and so on, which override all of the above.
    delays: list[_Seconds] | None = None
    #: For how long after its first start a task waits for what is unavailable.
    max_age: _Seconds
