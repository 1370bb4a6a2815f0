"""Pictures over HTTP, with a test in the place of relay and worker; what it says is recorded."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from gateway.database_session import DatabaseSession
from gateway.database_work import DatabaseWork
from gateway.recording.config import RecorderSettings
from gateway.recording.projections import all_projections
from gateway.recording.store import StatusStore
from warren.artifacts import ArtifactStore, open_store
from warren.contracts.artifact import ArtifactRef
from warren.contracts.generated_images import GenerateForBook, GenerateForDescriptions
from warren.contracts.ids import derived_id, new_id
from warren.contracts.images import (
    EnhanceImage,
    GenerateImage,
    RemoveBackground,
    SwapFace,
    TransferStyle,
)
from warren.contracts.kinds import KindDefinition
from warren.contracts.status import (
    ErrorInfo,
    Failed,
    Outcome,
    Part,
    Succeeded,
    TaskFailed,
    TaskPart,
    TaskSucceeded,
    encode_status,
)

JOBS = (
    GenerateImage,
    SwapFace,
    RemoveBackground,
    TransferStyle,
    EnhanceImage,
    GenerateForDescriptions,
    GenerateForBook,
)
KINDS = [
    KindDefinition(
        kind=job.kind, version=1, service="image", payload_schema=job.submission_schema()
    )
    for job in JOBS
]


@dataclass(frozen=True)
class Painter:
    """Says how picture tasks have ended, as a worker would; the recorder's own code records it."""

    store: StatusStore
    database: Any
    artifacts: ArtifactStore

    def saved(self, task_id: str, name: str, media_type: str = "image/png") -> ArtifactRef:
        stored = self.artifacts.put(f"{task_id} {name}".encode())
        return ArtifactRef(
            id=derived_id(UUID(task_id), f"artifact:{name}"),
            sha256=stored.sha256,
            size=stored.size,
            media_type=media_type,
            name=name,
        )

    def paint(
        self, task_id: str, prompt: str | None = "a castle", mask: ArtifactRef | None = None
    ) -> UUID:
        """One picture for a task, perhaps with a mask; returns its id."""
        picture = self.saved(task_id, "image.png")
        small = self.saved(task_id, "thumbnail.webp", "image/webp")
        files = {"artifact_id": str(picture.id), "thumbnail_id": str(small.id)}
        file = {
            **files,
            "media_type": picture.media_type,
            "sha256": picture.sha256,
            "size_bytes": picture.size,
            "width": 512,
            "height": 256,
        }
        result = {
            "task_type": "image_generation",
            **files,
            "artifacts": [file],
            "processing_time": 2.5,
            "metadata": {"provider": "procedural", "model": "procedural", "size": "512x256"},
            "prompt_used": prompt,
            **({"mask_id": str(mask.id)} if mask else {}),
        }
        self.succeed(task_id, result, [picture, small, *([mask] if mask else [])])
        return picture.id

    def succeed(self, task_id: str, result: Any, artifacts: list[ArtifactRef]) -> None:
        data = Succeeded(result=result, artifacts=artifacts, processing_seconds=0.1)
        self._record(TaskSucceeded(**self._run(task_id), data=data))

    def announce(self, task_id: str, number: int, content: bytes) -> None:
        """Part `number` of what a task makes."""
        stored = self.artifacts.put(content)
        part = ArtifactRef(
            id=derived_id(UUID(task_id), f"artifact:{number}"),
            sha256=stored.sha256,
            size=stored.size,
            media_type="audio/mpeg",
            name=str(number),
        )
        self._record(TaskPart(**self._run(task_id), data=Part(seq=number, artifact=part)))

    def speak(self, task_id: str, content: bytes, parts: int) -> None:
        """The whole audio, of which so many parts were announced."""
        stored = self.artifacts.put(content)
        audio = ArtifactRef(
            id=derived_id(UUID(task_id), "artifact:audio"),
            sha256=stored.sha256,
            size=stored.size,
            media_type="audio/mpeg",
            name="audio.mp3",
        )
        result = {
            "artifact_id": str(audio.id),
            "media_type": audio.media_type,
            "sha256": audio.sha256,
            "size_bytes": audio.size,
            "duration_seconds": 1.0,
            "sample_rate": 24_000,
            "voice": "heart",
            "provider": "hibari",
            "processing_seconds": 0.1,
            "parts": parts,
        }
        self.succeed(task_id, result, [audio])

    def fail(self, task_id: str) -> None:
        info = ErrorInfo(type="ProviderGaveNoPicture", message="no")
        data = Failed(source="permanent", error=info, processing_seconds=0.1)
        self._record(TaskFailed(**self._run(task_id), data=data))

    def _record(self, status: Outcome | TaskPart) -> None:
        self.store.record_statuses([encode_status(status)])

    def _run(self, task_id: str) -> dict[str, Any]:
        query = "SELECT generation FROM tasks WHERE id = %s"
        ((generation,),) = self.database.ask(query, task_id)
        return {
            "id": new_id(),
            "task_id": UUID(task_id),
            "generation": generation,
            "dispatch": 1,
            "attempt": 1,
            "run_id": new_id(),
            "incarnation": "image-1",
            "at": datetime.now(UTC),
        }


@pytest.fixture
def painter(database: Any, artifacts_folder: Any) -> Iterator[Painter]:
    database.ask(
        "WITH a AS (DELETE FROM generated_images), b AS (DELETE FROM image_orders)"
        " DELETE FROM discarded_contents"
    )
    database.announce(*KINDS, release="9.0")
    work = DatabaseWork(DatabaseSession(database.url, name="test-recorder"), threading.Event())
    store = StatusStore(work, all_projections(RecorderSettings(database_url=database.url)))
    yield Painter(store, database, open_store(str(artifacts_folder)))
    work.close()
