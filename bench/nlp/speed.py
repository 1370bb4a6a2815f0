"""A novel through the ensemble, beside every analyser run on every sentence, one at a time.

The novels lie in the folder that WARREN_BOOKS_DIR names; an EPUB is made of each.
"""

import html
import os
import time
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

from nlp_worker.adapters.books.reader import FormatReader
from nlp_worker.adapters.installed import InstalledAnalysers
from nlp_worker.analysis import Language, Sentence
from nlp_worker.book import Book, Chapter
from nlp_worker.service.extracting import Extractor, Request
from nlp_worker.service.judging import opinion
from nlp_worker.service.locations import locations_by_count
from nlp_worker.service.sentences import sentences_of
from nlp_worker.service.vote import accepted
from warren.contracts.books import ChapterKind
from warren.contracts.descriptions import AnalysisMode

NOVELS: dict[Language, str] = {
    "ru": "fathers-and-sons.ru.txt",
    "en": "pride-and-prejudice.en.txt",
}
T = TypeVar("T")
_CONTAINER = (
    '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
    '<rootfile full-path="p.opf" media-type="application/oebps-package+xml"/>'
    "</rootfiles></container>"
)


@dataclass(frozen=True, slots=True)
class Took:
    """Seconds by the clock and of processor time."""

    clock: float
    processor: float


def timed(call: Callable[[], T]) -> tuple[T, Took]:
    """What it returns, and what it took."""
    clock, processor = time.perf_counter(), time.process_time()
    result = call()
    return result, Took(time.perf_counter() - clock, time.process_time() - processor)


def reading(language: Language) -> tuple[Book, list[str]]:
    """The novel, and rows on reading it as an EPUB and finding places in it."""
    folder = os.environ.get("WARREN_BOOKS_DIR")
    if not folder:
        raise SystemExit("set WARREN_BOOKS_DIR to the folder with the novels")
    reader = FormatReader(memory=1_024, max_characters=20_000_000, field="file")
    text = reader.read(Path(folder) / NOVELS[language], NOVELS[language], "text/plain")
    with TemporaryDirectory() as scratch:
        path = Path(scratch) / "novel.epub"
        _write_epub(text, path)
        book, read = timed(lambda: reader.read(path, path.name, "application/epub+zip"))
        size = path.stat().st_size
    places, located = timed(lambda: locations_by_count(book, 2_000))
    what = f"{len(book.chapters)} chapters, {book.characters:,} characters"
    return book, [
        f"| EPUB of {size >> 10} KiB ({what}) read | {_row(read)} |",
        f"| {len(places):,} CFIs | {_row(located)} |",
    ]


def modes(book: Book, language: Language, most: int | None = None) -> list[str]:
    """Rows on the modes that all analysers take part in, beside the naive way.

    Of the first `most` chapters, or of all.
    """
    installed = InstalledAnalysers()
    _, loaded = timed(lambda: installed.present(language))
    chapters = [c for c in book.chapters if c.kind is ChapterKind.BODY][:most]
    _warm(installed, language)
    naive, of_naive = timed(lambda: _naively(chapters, installed, language))
    characters = sum(len(chapter.text) for chapter in chapters)
    rows = [
        f"| {len(chapters)} chapters, {characters:,} characters | | | | |",
        f"| models loaded | {_row(loaded)} | | |",
        f"| naive: all on every sentence, one at a time | {_row(of_naive)} | 1 | {len(naive)} |",
    ]
    for mode in (AnalysisMode.ENSEMBLE, AnalysisMode.ADAPTIVE):
        found, took = timed(lambda mode=mode: _by(mode, chapters, installed, language))  # type: ignore[misc]
        both = len(naive & found) / max(1, len(naive))
        times = of_naive.processor / took.processor
        rows.append(f"| {mode.value} | {_row(took)} | {times:.1f} | {len(found)} ({both:.1%}) |")
    return rows


def _naively(
    chapters: Sequence[Chapter], installed: InstalledAnalysers, language: Language
) -> set[tuple[int, int]]:
    found = set()
    present = installed.present(language)
    for chapter in chapters:
        for sentence in sentences_of(chapter.text, language):
            opinions = [
                opinion(name, sentence, analyser.annotate([sentence])[0], language)
                for name, analyser in present.items()
            ]
            if accepted(opinions, present, language):
                found.add((chapter.number, sentence.start))
    return found


def _by(
    mode: AnalysisMode,
    chapters: Sequence[Chapter],
    installed: InstalledAnalysers,
    language: Language,
) -> set[tuple[int, int]]:
    found = set()
    extractor = Extractor(installed)
    for chapter in chapters:
        sentences = sentences_of(chapter.text, language)
        extraction = extractor.extract(chapter, Request(language, mode))
        found |= {
            (chapter.number, sentences[verdict.index].start)
            for verdict in extraction.findings.verdicts
            if verdict.accepted
        }
    return found


def _warm(installed: InstalledAnalysers, language: Language) -> None:
    sentence: Sentence = sentences_of(
        {"ru": "Стоял дом.", "en": "A house stood."}[language], language
    )[0]
    for analyser in installed.present(language).values():
        analyser.annotate([sentence])


def _row(took: Took) -> str:
    return f"{took.clock:.2f} s | {took.processor:.2f} s"


def _write_epub(book: Book, path: Path) -> None:
    names = [f"c{chapter.number}.xhtml" for chapter in book.chapters]
    items = "".join(
        f'<item id="{name}" href="{name}" media-type="application/xhtml+xml"/>' for name in names
    )
    refs = "".join(f'<itemref idref="{name}"/>' for name in names)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/epub+zip")
        archive.writestr("META-INF/container.xml", _CONTAINER)
        archive.writestr(
            "p.opf",
            '<package xmlns="http://www.idpf.org/2007/opf" version="3.0"><metadata/>'
            f"<manifest>{items}</manifest><spine>{refs}</spine></package>",
        )
        for chapter, name in zip(book.chapters, names, strict=True):
            title, *lines = [html.escape(line) for line in chapter.text.split("\n")]
            paragraphs = "".join(f"<p>{line}</p>\n" for line in lines)
            archive.writestr(
                name,
                '<html xmlns="http://www.w3.org/1999/xhtml"><head/>'
                f"<body><h1>{title}</h1>{paragraphs}</body></html>",
            )
