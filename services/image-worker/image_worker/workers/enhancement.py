"""`image.enhance`: larger, cleaner, livelier."""

import time

from image_worker.adapters.picture_writing import Provenance, Source
from image_worker.config import ImageSettings
from image_worker.service.enhancing import check_format, check_scale, enhance, enlarged_alpha
from image_worker.workers.caching import cached
from image_worker.workers.policy import PictureWorker
from image_worker.workers.reading import read
from image_worker.workers.results import changed_picture
from image_worker.workers.saving import Finished, save
from image_worker.workers.stating import state_generated
from image_worker.workers.surroundings import enlarger
from warren.contracts.images import EnhanceImage, Pictures
from warren.worker import JobContext

_PROVENANCE = Provenance(Source.ENHANCED, "This picture was enhanced (Warren).")


class EnhanceImageWorker(PictureWorker[EnhanceImage, Pictures]):
    """Enlarges by a trained model, tile by tile."""

    @classmethod
    def warm_up(cls) -> None:
        enlarger().warm_up()

    def perform(self, job: EnhanceImage, context: JobContext) -> Pictures:
        result = cached(job, context, enlarger().version, lambda: self._made(job, context))
        state_generated(context, result)
        return result

    def _made(self, job: EnhanceImage, context: JobContext) -> Pictures:
        started = time.perf_counter()
        picture = read(job.image, "image", context)
        check_scale(picture.size, job.scale, ImageSettings().max_pixels)
        check_format(picture.size, job.scale, job.output_format)
        result = enhance(job, picture.pixels, enlarger(), context.progress)
        context.progress(90, "saving")
        alpha = enlarged_alpha(picture.alpha, job.scale)
        file = save(Finished(result, _PROVENANCE, alpha), job.output_format, context)
        details = {
            "scale": job.scale,
            "original_size": f"{picture.size[0]}x{picture.size[1]}",
        }
        return changed_picture(job.task_type, file, enlarger().version, details, started)
