"""Which worker gets which job: generation and face swaps go where a gpu is, if there is one."""

from typing import Any

import pytest

from image_worker.workers.background import RemoveBackgroundWorker
from image_worker.workers.face_swap import SwapFaceWorker
from image_worker.workers.generation import GenerateImageWorker
from image_worker.workers.policy import PictureWorker
from warren.contracts.lanes import Lane, Pool
from warren.worker.catalogue import Service
from warren.worker.declaration import configure


def service(monkeypatch: pytest.MonkeyPatch, gpu: str) -> Service:
    monkeypatch.setenv("IMAGE_GPU", gpu)
    workers: dict[tuple[str, int], Any] = {}
    for worker in (GenerateImageWorker, SwapFaceWorker, RemoveBackgroundWorker):
        # A class of its own: what is configured stays on it.
        fresh: Any = type(worker.__name__, (worker,), {})
        configure(fresh)
        workers[fresh.job_model.kind, 1] = fresh
    return Service("image", "image_worker", "1", workers)


def test_without_a_gpu_everything_runs_on_processors(monkeypatch: pytest.MonkeyPatch) -> None:
    assert service(monkeypatch, "").queues([Lane.DEFAULT]) == ["image.cpu.default"]


def test_with_a_gpu_generation_and_face_swaps_go_there(monkeypatch: pytest.MonkeyPatch) -> None:
    here = service(monkeypatch, "1")

    gpu, cpu = here.for_pool(Pool.GPU), here.for_pool(Pool.CPU)
    assert {kind for kind, _ in gpu.workers} == {"image.generate", "image.swap_face"}
    assert {kind for kind, _ in cpu.workers} == {"image.remove_background"}
    assert gpu.queues([Lane.LOW]) == ["image.gpu.low"]


@pytest.mark.parametrize("worker", [GenerateImageWorker, SwapFaceWorker, RemoveBackgroundWorker])
def test_limits_and_retries_are_those_of_the_service(worker: type[PictureWorker]) -> None:  # type: ignore[type-arg]
    assert (worker.soft_time_limit, worker.time_limit) == (540, 600)
    assert (worker.max_retries, worker.retry_backoff_base, worker.retry_backoff_max) == (3, 60, 240)
    assert worker.retry_jitter
    assert worker.isolation == "process"
