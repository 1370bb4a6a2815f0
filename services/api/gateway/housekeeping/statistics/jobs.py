"""Measurements, as jobs; each result is also kept as a row of `statistics`."""

from typing import ClassVar

from pydantic import AwareDatetime, BaseModel

from gateway.catalogue.statistics import CatalogueNumbers
from gateway.images.statistics import ImageNumbers
from gateway.reconciling.statistics import SyncNumbers
from warren.contracts.job import Job


class SystemStats(Job):
    """Count tasks, callers, files and workers."""

    kind: ClassVar[str] = "api.system_stats"


class QueueStats(Job):
    """Count what each queue holds."""

    kind: ClassVar[str] = "api.queue_stats"


class SpeechNumbers(BaseModel):
    """`success_rate` is 0-1 of those that ended so, 0 if none did; the time is in seconds."""

    total_requests: int
    completed_requests: int
    failed_requests: int
    success_rate: float
    avg_processing_time: float


class SystemReport(BaseModel):
    """Of tasks (also in `users_total` and `speech`), those accepted since `since`, that is within
    `WARREN_STATS_DAYS`; tasks by kind and state.

    A user is a customer and the user that it named; an active session is a customer that has called
    within 15 minutes, whatever for, or put a task into a transaction of its own. `retry_backlog`
    are tasks between two attempts, `open_dead_letters` are failures that nobody has answered.
    """

    timestamp: AwareDatetime
    since: AwareDatetime
    tasks: dict[str, dict[str, int]]
    users_total: int
    books_total: int
    descriptions_total: int
    images_generated: int
    audio_files: int
    active_sessions: int
    queue_lengths: dict[str, int]
    workers: int
    retry_backlog: int
    open_dead_letters: int
    speech: SpeechNumbers
    #: By kind of items.
    catalogue: dict[str, CatalogueNumbers]
    #: Pictures, by who has made them.
    images: dict[str, ImageNumbers]
    #: Documents and FAQs, and how far the chatbot is behind.
    in_step: dict[str, SyncNumbers]


class QueueNumbers(BaseModel):
    """`waiting` could start now; `delayed` are due later, `retry_backlog` of them after a failure.

    `published` are in the broker, unstarted; `running` are started. `failures` are open dead
    letters of the queue.
    """

    waiting: int = 0
    delayed: int = 0
    retry_backlog: int = 0
    published: int = 0
    running: int = 0
    failures: int = 0


class QueueReport(BaseModel):
    """By queue name; a queue that holds nothing is left out."""

    timestamp: AwareDatetime
    queues: dict[str, QueueNumbers]
