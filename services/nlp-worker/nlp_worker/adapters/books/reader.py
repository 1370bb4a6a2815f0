"""Books of every format that is read: recognised by their content, bounded in memory and time."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nlp_worker.adapters.books.recognising import Format, recognise
from nlp_worker.book import Book
from nlp_worker.errors import BookRefused, BookTooLarge, BrokenBook, EmptyBook
from warren.errors import WarrenError
from warren.memory_limit import at_most

#: Bytes of a text or FB2 file.
MAX_TEXT_BYTES = 64 << 20


class FormatReader:
    """Implements `BookReader`; `memory` in MiB for one book, `field` names it in errors.

    Bounds the memory of its whole process: use it where nothing else runs.
    """

    def __init__(self, *, memory: int, max_characters: int, field: str) -> None:
        self._memory = memory
        self._max_characters = max_characters
        self._field = field

    def read(self, path: Path, name: str, media_type: str) -> Book:
        with _refusals(self._field, self._memory):
            found = recognise(path, name, self._field)
            book = self._book(found, path)
        if not book.characters:
            raise EmptyBook("the book has no text, only pictures perhaps", field=self._field)
        if book.characters > self._max_characters:
            raise BookTooLarge(
                f"the book has more than {self._max_characters:,} characters", field=self._field
            )
        return book

    def _book(self, found: Format, path: Path) -> Book:
        # Each format's libraries are loaded when one of its files has come.
        if found is Format.EPUB:
            from nlp_worker.adapters.books.epub import read_epub

            return read_epub(path, self._max_characters, self._field)
        if path.stat().st_size > MAX_TEXT_BYTES:
            raise BookTooLarge(
                f"a text of more than {MAX_TEXT_BYTES >> 20} MiB is no book", field=self._field
            )
        content = path.read_bytes()
        if found is Format.FB2:
            from nlp_worker.adapters.books.fb2 import read_fb2

            return read_fb2(content, self._field)
        from nlp_worker.adapters.books.decoding import decoded_text
        from nlp_worker.adapters.books.plain import read_plain

        return read_plain(decoded_text(content, "the file", self._field), self._field)


@contextmanager
def _refusals(field: str, memory: int) -> Iterator[None]:
    """What a hostile file makes a library raise is the file's fault."""
    try:
        with at_most(memory):
            yield
    except BookRefused:
        raise
    except MemoryError:
        raise BookTooLarge(
            f"reading it takes more than {memory} MiB of memory", field=field
        ) from None
    except RecursionError:
        raise BrokenBook("its markup is nested too deeply", field=field) from None
    except (OSError, WarrenError):
        # The machine's fault, or an order from outside (the end of the time): not the book's.
        raise
    except Exception as error:
        raise BrokenBook(
            f"the file is broken: {type(error).__name__}: {str(error)[:200]}", field=field
        ) from error
