"""How long jobs take, from the stored file to the stored file."""

import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any

from bench.images import directly
from bench.images.samples import composite, jpeg, landscape, resized
from image_worker.workers.background import RemoveBackgroundWorker
from image_worker.workers.enhancement import EnhanceImageWorker
from image_worker.workers.face_swap import SwapFaceWorker
from image_worker.workers.generation import GenerateImageWorker
from image_worker.workers.style import TransferStyleWorker
from tests.unit.image_worker.faces import DARK, FAIR, portrait
from warren.contracts.images import (
    EnhanceImage,
    GenerateImage,
    RemoveBackground,
    SwapFace,
    TransferStyle,
)
from warren.contracts.job import Job
from warren.testing.worker import FakeContext
from warren.worker import Worker

_PROMPT = "a castle above a lake at golden hour, autumn"
Work = Callable[[], object]


def speed(rounds: int) -> Iterator[str]:
    """A row of a table for each operation."""
    for name, job, direct in _cases():
        own, beside = _measured(job, direct, rounds)
        overhead = own[1] / beside[1] - 1
        yield f"| {name} | {_seconds(own)} | {_seconds(beside)} | {overhead:+.0%} |"


def _cases() -> Iterator[tuple[str, Work, Work]]:
    photo = jpeg(resized(composite(FAIR, _PROMPT, 1024)[0], 4000, 3000))
    scene = jpeg(landscape(_PROMPT, 512, 512))
    large = jpeg(landscape(_PROMPT, 1024, 1024))
    faces = jpeg(portrait(FAIR, 1024)), jpeg(portrait(DARK, 1024))
    yield (
        "generate, 512²",
        _job(GenerateImageWorker, GenerateImage, prompt=_PROMPT, seed=1),
        lambda: directly.paint(_PROMPT, 512),
    )
    yield (
        "remove the background, 12 megapixels",
        _job(RemoveBackgroundWorker, RemoveBackground, image=photo),
        lambda: directly.remove_background(photo),
    )
    yield (
        "enlarge 512² by 4",
        _job(EnhanceImageWorker, EnhanceImage, image=scene, scale=4),
        lambda: directly.enlarge(scene, 4),
    )
    yield (
        "swap a face, 1,024²",
        _job(SwapFaceWorker, SwapFace, image=faces[0], target_image=faces[1]),
        lambda: directly.swap_faces(*faces),
    )
    yield (
        "style oil, 1,024²",
        _job(TransferStyleWorker, TransferStyle, image=large, style="oil"),
        lambda: directly.oil(large),
    )


def _job(worker: type[Worker[Any, Any]], job: type[Job], **fields: Any) -> Work:
    def run() -> object:
        # A customer of its own each time: nothing is remembered.
        context = FakeContext()
        given = {
            name: context.given(name, value, "image/jpeg") if isinstance(value, bytes) else value
            for name, value in fields.items()
        }
        return worker().perform(job.model_validate(given), context)

    return run


def _measured(
    job: Work, direct: Work, rounds: int
) -> tuple[tuple[float, float], tuple[float, float]]:
    """Seconds, and of a processor: medians of both, in turns."""
    times: dict[Work, list[tuple[float, float]]] = {job: [], direct: []}
    for number in range(rounds + 1):
        for work, kept in times.items():
            began, used = time.perf_counter(), time.process_time()
            work()
            # The first round loads the models.
            if number:
                kept.append((time.perf_counter() - began, time.process_time() - used))
    return _medians(times[job]), _medians(times[direct])


def _medians(times: list[tuple[float, float]]) -> tuple[float, float]:
    return statistics.median(t[0] for t in times), statistics.median(t[1] for t in times)


def _seconds(times: tuple[float, float]) -> str:
    return f"{times[0]:.2f}, {times[1]:.2f}"
