"""`image.generate`: pictures of what a text describes."""

import time
from typing import Any

from image_worker.adapters.picture_writing import Provenance, Source
from image_worker.ports import PictureProvider
from image_worker.service.generating import Painted, paint_all, seed_of
from image_worker.workers.policy import GpuPictureWorker
from image_worker.workers.saving import Finished, save, size_of
from image_worker.workers.surroundings import provider, providers
from warren.contracts.images import GenerateImage, PictureMetadata, Pictures
from warren.worker import JobContext


class GenerateImageWorker(GpuPictureWorker[GenerateImage, Pictures]):
    """Asks the provider for one picture after the other; each is stored when it is done."""

    @classmethod
    def warm_up(cls) -> None:
        for each in providers().values():
            each.warm_up()

    @classmethod
    def submission_schema(cls) -> dict[str, Any]:
        """The job's schema, with the providers that are switched on here."""
        schema = super().submission_schema()
        schema["properties"]["provider"]["enum"] = list(providers())
        return schema

    def perform(self, job: GenerateImage, context: JobContext) -> Pictures:
        started = time.perf_counter()
        context.progress(10, "reading the prompt")
        painter = provider(job.provider)
        seed = seed_of(job, context.task_id)
        context.progress(30, "painting")
        files, details = [], {}
        painted = paint_all(job, job.prompt, seed, painter, context.progress)
        for number, one in enumerate(painted, start=1):
            context.progress(90, "saving")
            files.append(save(_finished(one, job, painter), job.output_format, context, number))
            details = one.picture.details
        return Pictures(
            task_type=job.task_type,
            artifact_id=files[0].artifact_id,
            thumbnail_id=files[0].thumbnail_id,
            artifacts=files,
            prompt_used=job.prompt,
            negative_prompt=job.negative_prompt,
            processing_time=round(time.perf_counter() - started, 3),
            metadata=PictureMetadata(
                provider=painter.name,
                model=painter.model,
                size=size_of(files),
                seed=seed,
                steps=job.num_inference_steps,
                details=details,
            ),
        )


def _finished(one: Painted, job: GenerateImage, painter: PictureProvider) -> Finished:
    provenance = Provenance(
        Source.ALGORITHM if painter.name == "procedural" else Source.MODEL,
        f"{job.prompt} (provider: {painter.name}, model: {painter.model}, seed: {one.seed})",
    )
    return Finished(one.picture.pixels, provenance, seed=one.seed)
