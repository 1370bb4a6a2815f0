"""Settings of a worker process."""

from pydantic import Field

from warren.messaging.lane_order import LOW_AGES_AFTER
from warren.settings import Settings
from warren.worker.pulse import BEAT_INTERVAL


class WorkerSettings(Settings):
    """Read from `WARREN_…` variables; durations in seconds."""

    #: How long running jobs may go on after SIGTERM before they are handed back.
    grace_seconds: float = Field(default=30.0, ge=0)
    #: How long a slot process may take to import its service and load its models.
    slot_start_timeout: float = Field(default=180.0, gt=0)
    #: How often the process tells that it lives and what it holds. The housekeeper relies on
    #: beats that come every 10 s or more often.
    beat_interval: float = Field(default=BEAT_INTERVAL, gt=0, le=BEAT_INTERVAL)
    #: What has waited in the low lane for longer counts as default.
    low_ages_after: float = Field(default=LOW_AGES_AFTER, ge=0)
    #: How many jobs a process runs at once if some of its kinds are async; those in its threads
    #: count, too.
    async_jobs: int = Field(default=32, ge=1)
    #: How many slots of a process jobs of the low lane leave to those of other lanes, unless they
    #: are short; one is theirs.
    reserved_slots: int = Field(default=1, ge=0)
    #: Where jobs run, other than their classes say: "thread", "process", or for some kinds, as
    #: "tts.synthesize=thread,tts.list=process".
    isolation: str = ""
    #: A process (a slot, or this one for the jobs in its threads) is replaced after so many jobs,
    #: or when one leaves it with more resident memory (MiB). A Worker class may say less for its
    #: own jobs.
    max_tasks_per_child: int | None = Field(default=None, ge=1)
    max_memory_mb: int | None = Field(default=None, ge=1)
    #: Where `/metrics` is served; nowhere if the port is 0. Of several `--processes` each takes the
    #: next port.
    worker_metrics_port: int = Field(default=0, ge=0, le=65_535)
    worker_metrics_host: str = "127.0.0.1"
    #: Private memory of a job that runs alone because it may have killed its process, in MiB.
    alone_memory_limit: int = Field(default=4096, ge=256)
