"""The job that keeps a compressed copy of a book's file, from which it is served for a day."""

import gzip
from pathlib import Path
from tempfile import TemporaryDirectory

from warren.contracts.artifact import ArtifactRef
from warren.contracts.book_results import CachedFile
from warren.contracts.books import CacheFile
from warren.contracts.kinds import Audience
from warren.worker import JobContext, Worker

#: What compressing has to save for the copy to be a compressed one.
_LEAST_SAVING = 0.05
#: Level 6 saves hardly less than 9, in a third of the time.
_LEVEL = 6


class CacheFileWorker(Worker[CacheFile, CachedFile]):
    """Compresses a file, or keeps it as it is where that does not pay."""

    audience = Audience.INTERNAL
    max_retries = 3
    time_limit = 300

    def perform(self, job: CacheFile, context: JobContext) -> CachedFile:
        with TemporaryDirectory(prefix="warren-book-") as folder:
            compressed = _compressed(job.file, Path(folder) / "copy.gz", context)
            size = compressed.stat().st_size
            pays = size <= job.file.size * (1 - _LEAST_SAVING)
            copy = (
                context.artifacts.save(f"{job.file.name}.gz", compressed, "application/gzip")
                if pays
                else context.artifacts.save(
                    job.file.name, context.artifacts.open(job.file), job.file.media_type
                )
            )
        return CachedFile(
            book_id=job.book_id,
            cache_key=f"epub:{job.book_id}",
            file_size_bytes=job.file.size,
            compressed_size_bytes=copy.size,
            compression_ratio=round(copy.size / job.file.size, 4),
            encoding="gzip" if pays else "identity",
            artifact=copy,
        )


def _compressed(file: ArtifactRef, path: Path, context: JobContext) -> Path:
    done = 0
    # No time of now in it: the same file makes the same copy.
    with path.open("wb") as raw, gzip.GzipFile("", "wb", _LEVEL, raw, mtime=0) as target:
        for chunk in context.artifacts.open(file):
            target.write(chunk)
            done += len(chunk)
            context.progress(90 * done / file.size, "compressing")
    return path
