"""`image.remove_background`: what a picture shows, without what is behind it."""

import time
from uuid import UUID

from PIL import ImageColor

from image_worker.adapters.picture_writing import Provenance, Source, grey_png
from image_worker.ports import Mask, Pixels, ReadPicture
from image_worker.service.cutting_out import (
    CutOut,
    alpha_of,
    bounds,
    on_colour,
    on_picture,
    still_visible,
    without_background_colours,
)
from image_worker.workers.caching import cached
from image_worker.workers.policy import PictureWorker
from image_worker.workers.reading import read
from image_worker.workers.results import changed_picture
from image_worker.workers.saving import Finished, save
from image_worker.workers.stating import state_generated
from image_worker.workers.surroundings import cutter
from warren.contracts.images import Pictures, RemoveBackground
from warren.worker import JobContext

_PROVENANCE = Provenance(Source.ENHANCED, "The background of this picture was removed (Warren).")


class RemoveBackgroundWorker(PictureWorker[RemoveBackground, Pictures]):
    """A coarse mask by a network, refined by the picture's own edges."""

    @classmethod
    def warm_up(cls) -> None:
        cutter().warm_up()

    def perform(self, job: RemoveBackground, context: JobContext) -> Pictures:
        result = cached(job, context, cutter().version, lambda: self._made(job, context))
        state_generated(context, result)
        return result

    def _made(self, job: RemoveBackground, context: JobContext) -> Pictures:
        started = time.perf_counter()
        colour = _colour(job)
        picture = read(job.image, "image", context)
        behind = None
        if job.background_image is not None:
            behind = read(job.background_image, "background_image", context).pixels
        context.progress(40, "finding the subject")
        cut = _cut_out(job, picture)
        context.progress(70, "background")
        flat = _flat(cut, colour, behind)
        context.progress(90, "saving")
        finished = Finished(
            cut.pixels if flat is None else flat,
            _PROVENANCE,
            cut.alpha if flat is None else None,
        )
        file = save(finished, job.output_format, context)
        mask = _saved_mask(cut.alpha, context) if job.return_mask else None
        details = {"opaque_share": round(float((cut.alpha > 127).mean()), 4)}
        return changed_picture(job.task_type, file, cutter().version, details, started, mask)


def _colour(job: RemoveBackground) -> tuple[int, int, int] | None:
    if job.background is None:
        return None
    red, green, blue = ImageColor.getrgb(job.background)[:3]
    return red, green, blue


def _cut_out(job: RemoveBackground, picture: ReadPicture) -> CutOut:
    pixels = picture.pixels
    alpha = alpha_of(pixels, cutter().subject(pixels), "image")
    if picture.alpha is not None:
        alpha = still_visible(alpha, picture.alpha, "image")
    cut = CutOut(without_background_colours(pixels, alpha), alpha)
    if not job.crop:
        return cut
    left, top, right, bottom = bounds(alpha, job.crop_margin)
    return CutOut(cut.pixels[top:bottom, left:right], alpha[top:bottom, left:right])


def _flat(cut: CutOut, colour: tuple[int, int, int] | None, behind: Pixels | None) -> Pixels | None:
    if colour is not None:
        return on_colour(cut, colour)
    return None if behind is None else on_picture(cut, behind)


def _saved_mask(alpha: Mask, context: JobContext) -> UUID:
    name = f"mask_{context.task_id}.png"
    return context.artifacts.save(name, grey_png(alpha), "image/png").id
