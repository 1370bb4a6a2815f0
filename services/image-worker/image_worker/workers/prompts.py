"""`prompt.refine`: a prompt made better, without painting it."""

from typing import ClassVar

from pydantic import BaseModel

from image_worker.ports import RefineRequest
from image_worker.workers.surroundings import refiner
from warren.contracts.images import NegativePrompt, Prompt, StyleWords
from warren.contracts.job import Job
from warren.worker import JobContext, Worker


class RefinePrompt(Job):
    """Add subject, style, light and quality to a prompt, and say what is not wanted.

    The words of the prompt stay. `style` is in words, such as `watercolour`.
    """

    kind: ClassVar[str] = "prompt.refine"

    prompt: Prompt
    negative_prompt: NegativePrompt = ""
    style: StyleWords | None = None


class RefinedText(BaseModel):
    """`provider` refined it; `fallback` says why the first one of the settings did not.

    `translated` are words of the original and their English; `added` says what was added, by what
    it is about.
    """

    original: str
    prompt: str
    negative_prompt: str
    provider: str
    translated: dict[str, str]
    added: dict[str, str]
    fallback: str | None


class RefinePromptWorker(Worker[RefinePrompt, RefinedText]):
    """Rules in this process, or a language model that the settings name; then rules if it fails."""

    time_limit = 120
    soft_time_limit = 110

    def perform(self, job: RefinePrompt, context: JobContext) -> RefinedText:
        context.progress(10, "refining")
        refined = refiner().refine(RefineRequest(job.prompt, job.negative_prompt, job.style))
        return RefinedText(
            original=job.prompt,
            prompt=refined.prompt,
            negative_prompt=refined.negative_prompt,
            provider=refined.provider,
            translated=dict(refined.translated),
            added=dict(refined.added),
            fallback=refined.fallback,
        )
