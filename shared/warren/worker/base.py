"""The Worker base class: one class per job kind says what it does and how it may run."""

import inspect
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Mapping, Sequence
from typing import Any, ClassVar, Generic, Literal, TypeVar

from warren.contracts.job import Job
from warren.contracts.kinds import Audience, Missed
from warren.contracts.lanes import Lane, Pool
from warren.worker.context import JobContext
from warren.worker.declaration import complete, models_of
from warren.worker.enqueueing import Enqueueing

JobT = TypeVar("JobT", bound=Job)
ResultT = TypeVar("ResultT")


class Worker(Enqueueing[ResultT], ABC, Generic[JobT, ResultT]):
    """Handles one job kind; `Worker[SynthesizeSpeech, Speech]` names the job and result model.

    Kind and version stand on the job model. The class attributes are checked when the class is
    made; a wrong one raises ConfigurationError with the class and the attribute. Times are in
    seconds. One instance serves a whole process: with `isolation="thread"` several threads call
    `perform` at once, with `isolation="process"` each slot process has an instance of its own.
    """

    lane: ClassVar[Lane] = Lane.DEFAULT
    pool: ClassVar[Pool | None] = None
    audience: ClassVar[Audience] = Audience.PUBLIC
    #: Attempts after the first.
    max_retries: ClassVar[int] = 3
    #: Whether a failure that is not the caller's fault leaves a dead letter. False for a check that
    #: its schedule repeats: the next due time asks anew, so there is nothing to replay.
    dead_letter: ClassVar[bool] = True
    #: Exponential growth of the delay; without it each delay is `retry_delay`.
    retry_backoff: ClassVar[bool] = True
    #: The first delay.
    retry_backoff_base: ClassVar[float] = 1
    retry_backoff_max: ClassVar[float] = 600
    #: Takes off up to half of a delay at random, so that failures spread out.
    retry_jitter: ClassVar[bool] = True
    retry_delay: ClassVar[float] = 1
    #: A prescribed schedule, followed to the letter: the delays after attempt 1, 2 and so on; the
    #: last one repeats. `max_retries` is its length unless that is set beside it.
    retry_delays: ClassVar[Sequence[float] | None] = None
    #: How long after its first start a task may wait for what is `Unavailable`.
    max_age: ClassVar[float] = 86_400
    #: Where TimeLimitExceeded is raised inside the job (at once in a process, at the next call of
    #: the context in a thread); 90 % of `time_limit` when only that is set.
    soft_time_limit: ClassVar[float] = 540
    #: Where the job is ended from outside: its process is killed; a thread is given up.
    time_limit: ClassVar[float] = 600
    #: Where it runs: with others in the worker process (an `async` one in its event loop), or in a
    #: slot process that can be killed. A deployment can decide otherwise (WARREN_ISOLATION).
    isolation: ClassVar[Literal["thread", "process"]] = "thread"
    #: When `warm_up` is called in each process where its jobs run.
    warm_up_at: ClassVar[Literal["start", "first_job"]] = "start"
    #: The process that runs its jobs is replaced after so many of them, or when one has left it
    #: with more resident memory (MiB): between two jobs, and no job notices. None is never.
    max_tasks_per_child: ClassVar[int | None] = None
    max_memory_mb: ClassVar[int | None] = None
    #: How often jobs may start, over all processes: `"10/s"`, `"30/min"`, `"100/h"`.
    rate_limit: ClassVar[str | None] = None
    #: How many of them may start at once; one second of `rate_limit` unless said otherwise.
    burst: ClassVar[int | None] = None
    #: Whose rate it is: empty for the kind as a whole, or for example `"{customer_id}"`,
    #: `"{user_id}"`, `"{payload.document_id}"`.
    limit_key: ClassVar[str] = ""
    #: Kinds that name the same group share one rate, which each of them declares alike.
    rate_group: ClassVar[str | None] = None
    #: No more than `concurrency_limit` jobs of the same key (written likewise; empty for the kind
    #: as a whole) are in the hands of workers at a time.
    concurrency_key: ClassVar[str | None] = None
    concurrency_limit: ClassVar[int] = 1
    #: Of a customer's tasks with the same key (written likewise; empty for the kind as a whole)
    #: only one lives at a time; who asks for another is given that one.
    unique: ClassVar[str | None] = None
    #: Five-field cron: at these times a task comes to be by itself, with `cron_args` as payload.
    cron_schedule: ClassVar[str | None] = None
    cron_args: ClassVar[Mapping[str, Any]] = {}
    cron_timezone: ClassVar[str] = "UTC"
    #: What becomes of times that passed while no scheduler ran: one task for the latest of them
    #: ("coalesce") or one for each ("catch_up").
    cron_missed: ClassVar[Missed | Literal["coalesce", "catch_up"]] = Missed.COALESCE
    #: Delays each task by up to so many seconds.
    cron_jitter: ClassVar[float] = 0
    #: What `/metrics` sums up of results: fields (numbers, or lists, whose lengths count), and
    #: the `unit` of each in `warren_output_total`, as in `{"duration_seconds": "audio_seconds"}`.
    counted: ClassVar[Mapping[str, str]] = {}

    job_model: ClassVar[type[Job]]
    result_type: ClassVar[Any]

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        models = models_of(cls, Worker)
        if models is not None:
            cls.job_model, cls.result_type = models
            complete(cls)

    @abstractmethod
    def perform(self, job: JobT, context: JobContext) -> ResultT | Awaitable[ResultT]:
        """Do the work and return its result; may be `async`.

        May run more than once for one task. What it raises decides what follows (warren.errors).
        """

    @classmethod
    def configured(cls) -> Mapping[str, Any]:
        """Attributes that a deployment decides on, by name; asked for when the service is loaded.

        Read settings here, and not where the class is made. What comes back is checked as if it
        stood in the class.
        """
        return {}

    @classmethod
    def warm_up(cls) -> None:
        """Load what every job needs (models, voices); called once in each process that runs them.

        By default when that starts, before it takes a job; see `warm_up_at`.
        """

    @classmethod
    def submission_schema(cls) -> dict[str, Any]:
        """The JSON Schema that is announced; narrow it by what only the service knows."""
        return cls.job_model.submission_schema()


def is_async(worker: type[Worker[Any, Any]]) -> bool:
    """Whether its `perform` is a coroutine function."""
    return inspect.iscoroutinefunction(worker.perform)
