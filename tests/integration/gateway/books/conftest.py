"""A gateway that takes books, with nobody who reads them: their outcomes are recorded by hand."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import psycopg
import pytest

from gateway.books.recording import record_book
from gateway.database_session import DatabaseSession
from gateway.database_work import DatabaseWork
from gateway.recording.config import RecorderSettings
from gateway.recording.projections import all_projections
from gateway.recording.store import StatusStore
from tests.integration.gateway.conftest import Database
from warren.artifacts import ArtifactStore, open_store
from warren.contracts.artifact import ArtifactRef
from warren.contracts.book_results import BookContents, BookDescription, ChapterContents
from warren.contracts.books import (
    CacheFile,
    ChapterKind,
    GenerateLocations,
    PlanBook,
    ProcessBook,
    RecordBook,
    SelectForIllustration,
)
from warren.contracts.descriptions import CHAPTER_MEDIA_TYPE, DescriptionType
from warren.contracts.ids import derived_id, new_id
from warren.contracts.kinds import KindDefinition
from warren.contracts.status import encode_statuses, parse_status

TEXT = b"Once upon a time there was a tower. " * 20


@dataclass
class Shelf:
    """A customer's books, and what the nlp-worker would find out about them."""

    http: httpx.Client
    database: Database
    store: ArtifactStore
    recorder: StatusStore

    def upload(self, **fields: str) -> dict[str, Any]:
        """The answer to an upload."""
        file = {"file": ("tower.txt", TEXT)}
        answer = self.http.post("/api/v1/books", files=file, data=fields)
        assert answer.status_code == 202, answer.text
        accepted: dict[str, Any] = answer.json()
        return accepted

    def get(self, path: str = "") -> Any:
        answer = self.http.get(f"/api/v1/books/{path}".rstrip("/"))
        assert answer.status_code == 200, answer.text
        return answer.json()

    def file(self, content: bytes, media_type: str = "application/json") -> ArtifactRef:
        stored = self.store.put(content)
        return ArtifactRef(
            id=new_id(),
            sha256=stored.sha256,
            size=stored.size,
            media_type=media_type,
            name="a file",
        )

    def contents(self, *kinds: ChapterKind) -> BookContents:
        """A book with chapters of these kinds."""
        chapters = [
            ChapterContents(
                number=number,
                title=f"Chapter {number}",
                kind=kind,
                words=100 * number,
                characters=500 * number,
                text=self.file(b'{"text": "Chapter %d has a tower."}' % number, CHAPTER_MEDIA_TYPE),
            )
            for number, kind in enumerate(kinds, start=1)
        ]
        return BookContents(
            title="The Tower", author="A. Nonymous", language="en", format="text", chapters=chapters
        )

    def record(
        self,
        accepted: dict[str, Any],
        contents: BookContents,
        found: list[BookDescription] | None,
        generation: int = 1,
    ) -> Any:
        """What the housekeeper does."""
        job = self.recording(accepted, contents, found, generation)
        with psycopg.connect(self.database.url) as connection:
            return record_book(connection, job, contents, found or ())

    def recording(
        self,
        accepted: dict[str, Any],
        contents: BookContents,
        found: list[BookDescription] | None,
        generation: int = 1,
    ) -> RecordBook:
        """What the task asks the housekeeper for."""
        lines = b"".join(each.model_dump_json().encode() + b"\n" for each in found or ())
        return RecordBook(
            customer_id=self.customer(),
            book_id=UUID(accepted["book_id"]),
            task_id=UUID(accepted["task_id"]),
            generation=generation,
            contents=self.file(contents.model_dump_json().encode()),
            descriptions=None if found is None else self.file(lines, "application/x-ndjson"),
        )

    def customer(self) -> UUID:
        ((customer,),) = self.database.ask("SELECT customer_id FROM api_keys")
        return UUID(str(customer))

    def end(self, task_id: str, how: str = "succeeded", **data: Any) -> None:
        """A run of the task has ended so, or has begun (`processing`)."""
        said = {"processing_seconds": 1.0, **data} if how != "processing" else {}
        ((generation,),) = self.database.ask("SELECT generation FROM tasks WHERE id = %s", task_id)
        status = parse_status(
            {
                "id": new_id(),
                "type": f"task.{how}",
                "task_id": task_id,
                "generation": generation,
                "dispatch": 1,
                "attempt": 1,
                "run_id": new_id(),
                "incarnation": "host-1-1",
                "at": datetime.now(UTC),
                "data": said,
            }
        )
        self.recorder.record_statuses([encode_statuses([status])])


def described(book_id: str, chapter: int, start: int, score: float) -> BookDescription:
    return BookDescription(
        description_id=derived_id(UUID(book_id), f"{chapter}:{start}"),
        chapter=chapter,
        chapter_title=f"Chapter {chapter}",
        text="a tower",
        start=start,
        end=start + 7,
        type=DescriptionType.LOCATION,
        score=score,
        score_parts={"sight": score},
        confidence=0.5,
        voters=["spacy", "natasha"],
        context_before="There was",
    )


@pytest.fixture
def shelf(
    gateway_url: str,
    database: Database,
    connect: Callable[[str, str], httpx.Client],
    artifacts_folder: Path,
) -> Iterator[Shelf]:
    database.ask("DELETE FROM books")
    database.announce(
        *(
            KindDefinition(
                kind=job.kind, version=1, service="nlp", payload_schema=job.submission_schema()
            )
            for job in (PlanBook, ProcessBook, GenerateLocations, CacheFile, SelectForIllustration)
        )
    )
    work = DatabaseWork(DatabaseSession(database.url, name="test"), threading.Event())
    recorder = StatusStore(work, all_projections(RecorderSettings()))
    http = connect(gateway_url, database.key())
    yield Shelf(http, database, open_store(str(artifacts_folder)), recorder)
    work.close()
