"""`image.swap_face`: one person's face in the place of another's."""

import time

from image_worker.adapters.picture_writing import Provenance, Source
from image_worker.service.swapping_faces import chosen_faces, swap
from image_worker.workers.caching import cached
from image_worker.workers.policy import GpuPictureWorker
from image_worker.workers.reading import read
from image_worker.workers.results import changed_picture
from image_worker.workers.saving import Finished, save
from image_worker.workers.stating import state_generated
from image_worker.workers.surroundings import face_finder
from warren.contracts.images import Pictures, SwapFace
from warren.worker import JobContext

_MODEL = "landmark mesh, 468 points"
#: Raised whenever the same pictures give another one.
_VERSION = "mesh-1"
_PROVENANCE = Provenance(
    Source.COMPOSITE, "A face in this picture was replaced by another person's (Warren)."
)


class SwapFaceWorker(GpuPictureWorker[SwapFace, Pictures]):
    """The file says that a face was replaced."""

    @classmethod
    def warm_up(cls) -> None:
        face_finder().warm_up()

    def perform(self, job: SwapFace, context: JobContext) -> Pictures:
        result = cached(job, context, _VERSION, lambda: self._made(job, context))
        state_generated(context, result)
        return result

    def _made(self, job: SwapFace, context: JobContext) -> Pictures:
        started = time.perf_counter()
        source = read(job.image, "image", context).pixels
        target = read(job.target_image, "target_image", context)
        context.progress(10, "looking for faces")
        wanted = [] if job.source_face is None else [job.source_face]
        (face,) = chosen_faces(face_finder().find(source), wanted, every=False, field="image")
        found = face_finder().find(target.pixels)
        places = chosen_faces(found, job.target_faces, every=job.all_faces, field="target_image")
        context.progress(25, "swapping")
        result = swap(source, face, target.pixels, places, job.blend_ratio, context.progress)
        context.progress(90, "saving")
        finished = Finished(result, _PROVENANCE, target.alpha)
        file = save(finished, job.output_format, context)
        details = {
            "blend_ratio": job.blend_ratio,
            "faces_found": len(found),
            "faces_swapped": len(places),
        }
        return changed_picture(job.task_type, file, _MODEL, details, started)
