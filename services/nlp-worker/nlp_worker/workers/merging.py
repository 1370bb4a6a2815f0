"""The descriptions of all chapters in one file, with their places in the book."""

from collections.abc import Iterator
from uuid import UUID

from nlp_worker.service.gathering import FoundInBook
from warren.contracts.artifact import ArtifactRef
from warren.contracts.book_results import BookContents, BookDescription, description_id
from warren.contracts.books import BOOK_DESCRIPTIONS_MEDIA_TYPE
from warren.contracts.descriptions import DescriptionFile
from warren.worker import JobContext


def merged(
    book_id: UUID, contents: BookContents, found: FoundInBook, context: JobContext
) -> ArtifactRef:
    """One `BookDescription` a line, in the order of the book; made once in each generation."""
    titles = {chapter.number: chapter.title for chapter in contents.chapters}

    def lines() -> Iterator[bytes]:
        for chapter in found.chapters:
            content = context.artifacts.read(chapter.descriptions)
            for each in DescriptionFile.model_validate_json(content).descriptions:
                described = BookDescription(
                    **each.model_dump(),
                    description_id=description_id(book_id, chapter.number, each),
                    chapter=chapter.number,
                    chapter_title=titles[chapter.number],
                )
                yield described.model_dump_json().encode() + b"\n"

    def save(_key: str) -> dict[str, object]:
        # A name of its own, and so an artifact: the gateway keeps what it has of an artifact, and
        # what the last generation has found is not this.
        name = f"descriptions-{context.generation}.ndjson"
        saved = context.artifacts.save(name, lines(), BOOK_DESCRIPTIONS_MEDIA_TYPE)
        return saved.model_dump(mode="json")

    step = context.effect(f"merged:{context.generation}")
    return ArtifactRef.model_validate(step.once(save))
