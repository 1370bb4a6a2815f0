"""The job that lists what the chatbot has, for the housekeeper to compare."""

from collections.abc import Iterator
from datetime import UTC, datetime

import orjson

from sync_worker.workers.policy import SyncWorker
from sync_worker.workers.surroundings import chatbot
from warren.contracts.chatbot_versions import (
    VERSIONS_MEDIA_TYPE,
    ListedVersions,
    ListVersions,
    VersionsListed,
)
from warren.contracts.lanes import Lane
from warren.worker import JobContext

#: Entries between two looks whether the job is still wanted.
_STEP = 1_000


class ListVersionsWorker(SyncWorker[ListVersions, ListedVersions]):
    """Reads page by page, into a file; while the chatbot is away, one of a kind waits."""

    lane = Lane.LOW
    unique = "{payload.customer_id}:{payload.collection}"
    time_limit = 1800
    soft_time_limit = 1700

    def perform(self, job: ListVersions, context: JobContext) -> ListedVersions:
        listed_at, count = datetime.now(UTC), 0

        def lines() -> Iterator[bytes]:
            nonlocal count
            for id_, version in chatbot().versions(job.customer_id, job.collection):
                if count % _STEP == 0:
                    context.check_cancelled()
                count += 1
                yield orjson.dumps([id_, version], option=orjson.OPT_APPEND_NEWLINE)

        versions = context.artifacts.save("versions.ndjson", lines(), VERSIONS_MEDIA_TYPE)
        context.emit(
            VersionsListed(
                customer_id=job.customer_id,
                collection=job.collection,
                listed_at=listed_at,
                versions=versions,
            )
        )
        return ListedVersions(count=count)
