"""Reading the book that a job names, and handing it on as files."""

from nlp_worker.book import Book
from nlp_worker.chapter_file import chapter_file
from nlp_worker.errors import BookTooLarge
from nlp_worker.workers.surroundings import reader
from warren.artifacts import ArtifactMissing
from warren.contracts.artifact import ArtifactRef
from warren.contracts.book_results import BookContents, ChapterContents
from warren.contracts.books import MAX_CHAPTERS
from warren.contracts.descriptions import CHAPTER_MEDIA_TYPE
from warren.worker import JobContext

#: Of what was wrong with a file and read all the same; hostile ones have thousands.
_TOLD = 50


def read_book(file: ArtifactRef, context: JobContext) -> Book:
    """The book; raises BookRefused."""
    path = context.artifacts.fetch(file)
    book = reader().read(path, file.name, file.media_type)
    if len(book.chapters) > MAX_CHAPTERS:
        raise BookTooLarge(f"the book has more than {MAX_CHAPTERS} chapters", field="file")
    if book.repairs:
        told = list(book.repairs[:_TOLD])
        context.log.info("the book was repaired", repairs=told, count=len(book.repairs))
    return book


def kept_contents(file: ArtifactRef, context: JobContext) -> tuple[ArtifactRef, BookContents]:
    """What is in the book, with a file for each chapter: read once in each generation."""
    step = context.effect(f"read:{context.generation}")
    reference = ArtifactRef.model_validate(step.once(lambda _: _save_contents(file, context)))
    try:
        content = context.artifacts.read(reference)
    except ArtifactMissing:
        # The task has waited so long that files were cleaned up which nobody named.
        content = context.artifacts.read(ArtifactRef.model_validate(_save_contents(file, context)))
    return reference, BookContents.model_validate_json(content)


def _save_contents(file: ArtifactRef, context: JobContext) -> dict[str, object]:
    book = read_book(file, context)
    chapters = [
        ChapterContents(
            number=chapter.number,
            title=chapter.title,
            kind=chapter.kind,
            level=chapter.level,
            words=chapter.words,
            characters=len(chapter.text),
            cfi=chapter.cfi(0),
            text=context.artifacts.save(
                f"chapter-{chapter.number}.json", chapter_file(chapter), CHAPTER_MEDIA_TYPE
            ),
        )
        for chapter in book.chapters
    ]
    contents = BookContents(
        title=book.title,
        author=book.author,
        language=book.language,
        format=book.format,
        repairs=list(book.repairs[:_TOLD]),
        chapters=chapters,
    )
    content = contents.model_dump_json().encode()
    return context.artifacts.save("contents.json", content, "application/json").model_dump(
        mode="json"
    )
