"""The catalogue of job kinds: what a service announces and the gateway validates by."""

from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from warren.contracts.events import EventType
from warren.contracts.lanes import Lane, Pool
from warren.contracts.limits import RATE_GROUP_PATTERN, RATE_PATTERN
from warren.contracts.retries import RetryPolicy

#: JSON Schema keyword on a payload's schema: in words, what a kind's jobs should have and lack
#: where they run. They run all the same; `/readyz` and `GET /api/v1/kinds` show it.
LACKS_KEYWORD = "x-warren-lacks"


class Audience(StrEnum):
    """Who may submit a kind; for anybody else it does not exist."""

    PUBLIC = "public"
    OPERATOR = "operator"
    INTERNAL = "internal"


class _Wire(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class Missed(StrEnum):
    """What becomes of due times that passed while no scheduler could fire them."""

    #: One task, for the latest of them.
    COALESCE = "coalesce"
    #: A task for each of them.
    CATCH_UP = "catch_up"


class KindSchedule(_Wire):
    """When tasks of a kind come to be by themselves (warren.contracts.cron), and their payload."""

    cron: str
    timezone: str = "UTC"
    payload: dict[str, Any] = {}
    missed: Missed = Missed.COALESCE
    #: Each due time is delayed by up to so many seconds, always by the same.
    jitter: Annotated[float, Field(ge=0)] = 0


class KindSubscription(_Wire):
    """Each event of a type becomes a task of the kind that announces this."""

    event_type: EventType
    #: The payload is the whole event (warren.contracts.events.CloudEvent), or its `data`.
    envelope: bool = False


class KindDefinition(_Wire):
    """One job kind in one version, as its Worker class declares it. Times are in seconds."""

    kind: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+$")]
    version: Annotated[int, Field(ge=1)]
    service: str
    pool: Pool | None = None
    lane: Lane = Lane.DEFAULT
    audience: Audience = Audience.PUBLIC
    description: str = ""
    payload_schema: dict[str, Any]
    result_schema: dict[str, Any] = {}
    max_retries: Annotated[int, Field(ge=0)] = 3
    #: None where an older release announces the kind.
    retry: RetryPolicy | None = None
    #: Whether a failure leaves a dead letter (warren.contracts.endings.leaves_letter).
    dead_letter: bool = True
    soft_time_limit: float = 540
    time_limit: float = 600
    isolation: Literal["thread", "process"] = "thread"
    #: Starts over time, such as `10/s`, for each value of `limit_key` (warren.contracts.limits).
    rate_limit: Annotated[str, Field(pattern=RATE_PATTERN)] | None = None
    burst: Annotated[int, Field(ge=1)] | None = None
    limit_key: str = ""
    #: Kinds that name the same group share one rate, for each value of `limit_key`.
    rate_group: Annotated[str, Field(pattern=RATE_GROUP_PATTERN)] | None = None
    #: Tasks that may run at a time, for each value of `concurrency_key`.
    concurrency_key: str | None = None
    concurrency_limit: Annotated[int, Field(ge=1)] = 1
    #: A key written likewise: of a customer's tasks with one value of it, only one lives at a time.
    unique: str | None = None
    schedule: KindSchedule | None = None
    subscriptions: list[KindSubscription] = []


class Announcement(_Wire):
    """What a worker process says about itself when it starts, and once a minute."""

    type: Literal["announcement"] = "announcement"
    service: str
    release: str
    incarnation: str
    kinds: list[KindDefinition]


class BeatHold(_Wire):
    """A provider that the process leaves alone, for so many seconds from the beat on."""

    provider: str
    reason: str
    seconds: Annotated[float, Field(ge=0)]


class BeatDownstream(_Wire):
    """Something that the service calls: how long its last answer took, and why it does not work."""

    name: str
    latency_ms: Annotated[float, Field(ge=0)]
    problem: str | None = None


class Beat(_Wire):
    """A process is alive; sent every 10 s from a thread of its own. `held` is its custody."""

    type: Literal["beat"] = "beat"
    incarnation: str
    name: str
    service: str
    release: str
    host: str
    pid: int
    started_at: AwareDatetime
    at: AwareDatetime
    queues: list[str] = []
    slots_total: int = 0
    slots_busy: int = 0
    runs: list[str] = []
    prefetched: list[str] = []
    holds: list[BeatHold] = []
    downstreams: list[BeatDownstream] = []
    cpu_percent: float = 0.0
    memory_bytes: int = 0
    stopping: bool = False
