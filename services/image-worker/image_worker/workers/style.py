"""`image.transfer_style`: a picture repainted."""

import time

from image_worker.adapters.picture_writing import Provenance, Source
from image_worker.ports import Pixels, ReadPicture
from image_worker.service.fitting import fitted
from image_worker.service.restyling import restyle
from image_worker.workers.caching import cached
from image_worker.workers.policy import PictureWorker
from image_worker.workers.reading import read
from image_worker.workers.results import changed_picture
from image_worker.workers.saving import Finished, save
from image_worker.workers.stating import state_generated
from warren.contracts.images import MAX_SIDE, Pictures, TransferStyle
from warren.worker import JobContext

#: Raised whenever the same picture gives another one.
_VERSION = "filters-1"
_MODEL = "filters and colour transfer (no neural network)"


class TransferStyleWorker(PictureWorker[TransferStyle, Pictures]):
    """Needs no model."""

    def perform(self, job: TransferStyle, context: JobContext) -> Pictures:
        result = cached(job, context, _VERSION, lambda: self._made(job, context))
        state_generated(context, result)
        return result

    def _made(self, job: TransferStyle, context: JobContext) -> Pictures:
        started = time.perf_counter()
        picture = read(job.image, "image", context)
        reference = None
        if job.style_image is not None:
            reference = read(job.style_image, "style_image", context).pixels
        result = restyle(
            picture.pixels,
            job.style,
            reference,
            strength=job.strength,
            texture=job.texture,
            progress=context.progress,
        )
        context.progress(90, "saving")
        name = job.style.value if job.style else "that of another picture"
        provenance = Provenance(Source.ENHANCED, f"The style of this picture: {name} (Warren).")
        file = save(_finished(job, result, picture, provenance), job.output_format, context)
        details = {
            "style": job.style.value if job.style else None,
            "reference": job.style_image is not None,
            "strength": job.strength,
        }
        return changed_picture(job.task_type, file, _MODEL, details, started)


def _finished(
    job: TransferStyle, result: Pixels, picture: ReadPicture, provenance: Provenance
) -> Finished:
    """In the size that was asked for."""
    if job.width is None and job.height is None:
        return Finished(result, provenance, picture.alpha)
    tall, wide = result.shape[:2]
    # Of a strip there is a limit to its proportions.
    width = job.width or min(MAX_SIDE, max(1, round(wide * (job.height or tall) / tall)))
    height = job.height or min(MAX_SIDE, max(1, round(tall * width / wide)))
    alpha = picture.alpha
    return Finished(
        fitted(result, width, height),
        provenance,
        None if alpha is None else fitted(alpha, width, height),
    )
