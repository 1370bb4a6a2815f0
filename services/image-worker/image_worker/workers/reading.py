"""The pictures that a job was given."""

from image_worker.ports import ReadPicture
from image_worker.workers.surroundings import reader
from warren.contracts.artifact import ArtifactRef
from warren.worker import JobContext


def read(reference: ArtifactRef, field: str, context: JobContext) -> ReadPicture:
    """The picture of `field`; raises what PictureReader raises, before it fetches a huge file."""
    pictures = reader()
    pictures.check_size(reference.size, field)
    return pictures.read(context.artifacts.read(reference), field)
