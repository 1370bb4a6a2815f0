"""What can go wrong; the base class decides what becomes of the task (warren.errors)."""

from collections.abc import Sequence
from uuid import UUID

from warren.errors import PermanentError, RejectedInput, TransientError, Unavailable


class BookRefused(RejectedInput):
    """No chapters can be had from the file; the base of all reasons."""


class UnknownFormat(BookRefused):
    """The content is no book format that is read."""


class BrokenBook(BookRefused):
    """The content has the marks of a format, and is not what the format prescribes."""


class EncryptedBook(BookRefused):
    """Its text is locked (DRM, a password)."""


class BookTooLarge(BookRefused):
    """The file, or what is packed in it, exceeds a bound."""


class UnsafeBook(BookRefused):
    """It is built to harm who reads it: entities, paths that lead out of it."""


class EmptyBook(BookRefused):
    """There is nothing to read in it."""


class ChapterTooLong(BookRefused):
    """A chapter that is to be analysed has more characters than one job takes."""

    def __init__(self, number: int, title: str, characters: int, most: int) -> None:
        super().__init__(
            f"chapter {number} ({title[:80]}) has {characters:,} characters, {most:,} at most are "
            "analysed: leave it out of the book's plan, or send a file with more headings or a "
            "table of contents",
            field="file",
        )


class TooManyLocations(BookRefused):
    """The book is too long for reading positions that stand so closely."""

    def __init__(self, characters: int, apart: int, most: int) -> None:
        super().__init__(
            f"one every {apart:,} of {characters:,} characters would be more than {most:,}",
            field="characters_per_location",
        )


class BookTakenOver(RejectedInput):
    """The book was deleted, or belongs to another task by now."""

    def __init__(self, book_id: UUID) -> None:
        super().__init__(
            f"book {book_id} was deleted, or started anew since: nothing of this task was recorded",
            field="book_id",
        )


class ChaptersUnsuccessful(PermanentError):
    """What the other chapters gave is there; a retry does only those again that are named."""

    def __init__(
        self, numbers: Sequence[int], wanted: int, batch_id: UUID, reason: str | None
    ) -> None:
        named = ", ".join(map(str, numbers[:20])) + (" and more" if len(numbers) > 20 else "")
        why = reason or f"GET /api/v1/batches/{batch_id}/members says why"
        super().__init__(
            f"{len(numbers)} of {wanted} chapters did not succeed ({named}): {why[:500]}. A retry "
            "of the task does only these again; or leave them out of the book's plan, and start it"
        )


class TextRefused(RejectedInput):
    """The text cannot be analysed."""


class LanguageNotSupported(RejectedInput):
    """No analyser knows the language, or the text is in several."""


class UnknownProcessor(RejectedInput):
    """There is no such analyser for the language."""


class AnalyserMissing(PermanentError):
    """An analyser is not installed, or its model cannot be read."""


class AnalyserFailed(TransientError):
    """An analyser did not answer as it should; the panel goes on without it."""


class NoAnalyser(Unavailable):
    """None of a language's analysers works here."""
