"""Texts of files, whatever their format: recognised, bounded, cleaned."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sync_worker.adapters.formats.archive import opened, refuse_entities
from sync_worker.adapters.formats.decoding import Decoded, declared_in, decode
from sync_worker.adapters.formats.recognising import Format, recognise
from sync_worker.adapters.plain_text import cleaned, with_words
from sync_worker.errors import BrokenFile, TooLarge
from sync_worker.ports import Extracted
from warren.errors import JobCancelled, TimeLimitExceeded, WarrenError
from warren.memory_limit import at_most

_CONTAINERS = {Format.DOCX, Format.XLSX, Format.EPUB}


class FormatReader:
    """Implements `TextReader`; `memory` in MiB for one file, `field` names it in errors.

    Bounds the memory of its whole process: use it where nothing else runs.
    """

    def __init__(self, *, memory: int, max_characters: int, field: str) -> None:
        self._memory = memory
        self._max_characters = max_characters
        self._field = field

    def read(self, path: Path, name: str, media_type: str) -> Extracted:
        field = self._field
        with _refusals(field, self._memory):
            found = recognise(path, name, media_type, field)
            if found in _CONTAINERS:
                with opened(path, field) as archive:
                    refuse_entities(archive, field)
                text, encoding = self._joined(_packed(found, path, field)), None
            elif found is Format.PDF:
                from sync_worker.adapters.formats.pdf import text_of_pdf

                text, encoding = self._joined(text_of_pdf(path, field)), None
            else:
                decoded = _decoded(found, path, media_type, field)
                text, encoding = self._joined(_plain(found, decoded, field)), decoded.encoding
        return Extracted(self._with_words(text, found), found.value, encoding)

    def _with_words(self, text: str, found: Format) -> str:
        scan = "; a scan has to go through text recognition first" if found is Format.PDF else ""
        return with_words(text, self._field, scan)

    def _joined(self, pieces: Iterable[str]) -> str:
        kept: list[str] = []
        characters = 0
        for piece in pieces:
            characters += len(piece) + 1
            if characters > self._max_characters:
                raise TooLarge(
                    f"the text has more than {self._max_characters} characters: split the file",
                    field=self._field,
                )
            kept.append(piece)
        return cleaned("\n".join(kept))


def _packed(found: Format, path: Path, field: str) -> Iterator[str]:
    # Each of these libraries takes a while to load: only when one of its files has come.
    if found is Format.DOCX:
        from sync_worker.adapters.formats.docx import text_of_docx

        return text_of_docx(path)
    if found is Format.XLSX:
        from sync_worker.adapters.formats.xlsx import text_of_xlsx

        return text_of_xlsx(path, field)
    from sync_worker.adapters.formats.epub import text_of_epub

    return text_of_epub(path, field)


def _decoded(found: Format, path: Path, media_type: str, field: str) -> Decoded:
    data = path.read_bytes()
    declared = _charset(media_type)
    if declared is None and found is Format.HTML:
        declared = declared_in(data)
    return decode(data, declared, field)


def _plain(found: Format, decoded: Decoded, field: str) -> Iterable[str]:
    if found is Format.HTML:
        from sync_worker.adapters.formats.html import text_of_html

        return text_of_html(decoded.text, field)
    if found is Format.CSV:
        from sync_worker.adapters.formats.csv_rows import text_of_csv

        return text_of_csv(decoded.text, field)
    if found is Format.JSON:
        from sync_worker.adapters.formats.json_values import text_of_json

        return text_of_json(decoded.text, field)
    return [decoded.text]


def _charset(media_type: str) -> str | None:
    _, _, parameters = media_type.partition(";")
    for parameter in parameters.split(";"):
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset":
            return value.strip(" \"'") or None
    return None


@contextmanager
def _refusals(field: str, memory: int) -> Iterator[None]:
    """What a hostile file makes a library raise is the file's fault."""
    try:
        with at_most(memory):
            yield
    except MemoryError:
        raise TooLarge(f"reading it takes more than {memory} MiB of memory", field=field) from None
    except (OSError, WarrenError):
        # The machine's fault, or an order from outside (the end of the time): not the file's.
        raise
    except Exception as error:
        order = _order_within(error)
        if order is not None:
            # The library's error names it as its cause: to name that in turn would be a circle.
            raise order from None
        raise BrokenFile(
            f"the file is broken: {type(error).__name__}: {str(error)[:200]}", field=field
        ) from error


def _order_within(error: BaseException) -> WarrenError | None:
    """What ended the run, where a library that was reading has made an error of its own of it."""
    seen: set[int] = set()
    inner: BaseException | None = error
    while inner is not None and id(inner) not in seen:
        if isinstance(inner, TimeLimitExceeded | JobCancelled):
            return inner
        seen.add(id(inner))
        inner = inner.__cause__ or inner.__context__
    return None
