"""`image.generate`: pictures of what a text describes."""

import time
from typing import Any

from image_worker.adapters.picture_writing import Provenance, Source
from image_worker.ports import PictureProvider, RefinedPrompt, RefineRequest
from image_worker.service.generating import Painted, paint_all, seed_of
from image_worker.workers.caching import cached
from image_worker.workers.policy import GpuPictureWorker
from image_worker.workers.saving import Finished, save, size_of
from image_worker.workers.stating import state_generated
from image_worker.workers.surroundings import provider, providers, refiner
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
        context.progress(10, "reading the prompt")
        painter, refined = provider(job.provider), _refined(job)
        seed = seed_of(job, context.task_id)

        def made() -> Pictures:
            return self._made(job, context, painter, refined, seed)

        if job.seed is None:
            # Its seed is this task's own: no other task can ask for the same.
            result = made()
        else:
            result = cached(
                job,
                context,
                f"{painter.name} {painter.model} {painter.version}",
                made,
                ignoring=("book_id", "description_id"),
                prompt=[refined.prompt, refined.negative_prompt],
            )
        state_generated(context, result, job.book_id, job.description_id)
        return result

    def _made(
        self,
        job: GenerateImage,
        context: JobContext,
        painter: PictureProvider,
        refined: RefinedPrompt,
        seed: int,
    ) -> Pictures:
        started = time.perf_counter()
        context.progress(30, "painting")
        files, details = [], {}
        painted = paint_all(job, refined, seed, painter, context.progress)
        for number, one in enumerate(painted, start=1):
            context.progress(90, "saving")
            done = _finished(one, refined.prompt, painter)
            files.append(save(done, job.output_format, context, number))
            details = one.picture.details
        return Pictures(
            task_type=job.task_type,
            artifact_id=files[0].artifact_id,
            thumbnail_id=files[0].thumbnail_id,
            artifacts=files,
            prompt_used=refined.prompt,
            negative_prompt=refined.negative_prompt,
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


def _refined(job: GenerateImage) -> RefinedPrompt:
    if not job.refine:
        return RefinedPrompt(job.prompt, job.negative_prompt, "caller")
    return refiner().refine(RefineRequest(job.prompt, job.negative_prompt, job.style))


def _finished(one: Painted, prompt: str, painter: PictureProvider) -> Finished:
    provenance = Provenance(
        Source.ALGORITHM if painter.name == "procedural" else Source.MODEL,
        f"{prompt} (provider: {painter.name}, model: {painter.model}, seed: {one.seed})",
    )
    return Finished(one.picture.pixels, provenance, seed=one.seed)
