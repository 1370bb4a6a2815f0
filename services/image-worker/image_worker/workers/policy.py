"""How all picture jobs run: where, how long, and how often they are tried."""

from collections.abc import Mapping
from typing import Any, ClassVar, Literal, TypeVar

from image_worker.config import ImageSettings
from warren.contracts.job import Job
from warren.contracts.lanes import Pool
from warren.worker import Worker

JobT = TypeVar("JobT", bound=Job)
ResultT = TypeVar("ResultT")


class PictureWorker(Worker[JobT, ResultT]):
    """Native code, so in a slot process; models load with the first job that needs them."""

    pool = Pool.CPU
    isolation: ClassVar[Literal["thread", "process"]] = "process"
    warm_up_at: ClassVar[Literal["start", "first_job"]] = "first_job"
    soft_time_limit = 540
    time_limit = 600
    max_retries = 3
    retry_backoff_base = 60
    retry_backoff_max = 240
    counted: ClassVar[Mapping[str, str]] = {"artifacts": "pictures"}

    @classmethod
    def configured(cls) -> dict[str, Any]:
        return {"max_memory_mb": ImageSettings().slot_memory_mb}


class GpuPictureWorker(PictureWorker[JobT, ResultT]):
    """Runs in the gpu pool where a deployment has one, otherwise in the cpu pool."""

    @classmethod
    def configured(cls) -> dict[str, Any]:
        pool = Pool.GPU if ImageSettings().gpu else Pool.CPU
        return {**super().configured(), "pool": pool}
