"""Plain text: chapters by their headings; it has no CFIs."""

import re
from collections.abc import Iterator
from itertools import pairwise

from nlp_worker.adapters.books.semantics import kind_by_title
from nlp_worker.book import Book, Chapter
from nlp_worker.errors import EmptyBook
from warren.contracts.books import ChapterKind

_NUMBER = r"(?:[IVXLC]{1,8}|\d{1,3}|[А-Яа-яЁёA-Za-z]{2,20})"
_HEADING = re.compile(
    rf"^[ \t]*(?:(?:глава|часть|книга|том|chapter|part|book|volume)[ \t]+{_NUMBER}"
    r"(?:[ \t.:—–-].{0,80})?|[IVXLC]{1,8}\.?|"
    r"пролог|эпилог|предисловие|послесловие|примечания|содержание|оглавление|"
    r"prologue|epilogue|preface|introduction|contents|notes|index)[ \t]*$",
    re.IGNORECASE | re.MULTILINE,
)
#: What Project Gutenberg puts around a book.
_BEGIN = re.compile(r"^\*\*\* ?START OF .{0,200}?\*\*\*[ \t]*$", re.MULTILINE)
_END = re.compile(r"^\*\*\* ?END OF .{0,200}?\*\*\*[ \t]*$", re.MULTILINE)
#: What stands before the first heading, if it is no longer, is a title.
_TITLE = 3_000
_ENDS = (".", "!", "?", "…", ":", "»", "”", '"')
_BLANK = re.compile(r"\n[ \t]*\n+")
#: Of fewer lines nobody can say whether they are wrapped.
_TELLING = 3
_INDENTED = re.compile(r"^[ \t]{2,}\S", re.MULTILINE)


def read_plain(text: str, field: str) -> Book:
    """The book; raises EmptyBook."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\f", "\n")
    chapters: list[Chapter] = []
    for title, kind, raw in _pieces(text):
        lines = _paragraphs(raw)
        if lines:
            body = "\n".join(lines)
            chapters.append(Chapter(len(chapters) + 1, title or lines[0][:80], kind, body))
    if not chapters:
        raise EmptyBook("there is no text in it", field=field)
    return Book(None, None, None, "text", chapters)


def _pieces(text: str) -> Iterator[tuple[str, ChapterKind, str]]:
    """Title, kind and text of each part, in their order, without leaving anything out."""
    begin = _BEGIN.search(text)
    start = begin.end() if begin else 0
    end = _END.search(text, start)
    stop = end.start() if end else len(text)
    if begin:
        yield "", ChapterKind.FRONT_MATTER, text[:start]
    yield from _chapters(text[start:stop])
    if end:
        yield "", ChapterKind.NOTES, text[stop:]


def _chapters(text: str) -> Iterator[tuple[str, ChapterKind, str]]:
    headings = list(_HEADING.finditer(text))
    first = headings[0].start() if headings else len(text)
    before = text[:first]
    is_title = bool(headings) and len(before) <= _TITLE
    yield "", ChapterKind.FRONT_MATTER if is_title else ChapterKind.BODY, before
    ends = [*(match.start() for match in headings[1:]), len(text)]
    for match, end in zip(headings, ends, strict=False):
        title = " ".join(match[0].split())
        yield title, kind_by_title(title) or ChapterKind.BODY, text[match.start() : end]


def _paragraphs(raw: str) -> list[str]:
    """One line each: lines of a fixed width are joined, by blank lines or indents between them."""
    blocks = _BLANK.split(raw)
    wrapped = _is_wrapped(blocks)
    found: list[str] = []
    for block in blocks:
        for paragraph in _of_block(block, wrapped):
            line = " ".join(paragraph.split())
            if line:
                found.append(line)
    return found


def _is_wrapped(blocks: list[str]) -> bool:
    """Whether lines end because their width is used up, and not with their paragraphs."""
    lines = [line for block in blocks for line in block.strip().split("\n")[:-1]]
    open_ = sum(not line.rstrip().endswith(_ENDS) for line in lines)
    return len(lines) >= _TELLING and open_ > len(lines) / 2 and max(map(len, lines)) < 100


def _of_block(block: str, wrapped: bool) -> list[str]:
    if not wrapped:
        return block.split("\n")
    starts = [match.start() for match in _INDENTED.finditer(block)]
    edges = sorted({0, *starts, len(block)})
    return [block[a:b] for a, b in pairwise(edges)]
