"""A book that has been read: chapters, and for each of their characters the place in the file.

```
book = reader.read(path, name, media_type)
for chapter in book.chapters:
    chapter.text[120:180], chapter.cfi_range(120, 180)
```
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from warren.contracts.books import ChapterKind

#: Characters of the path of a text node.
LONGEST_PATH = 1_000


@dataclass(frozen=True, slots=True)
class Run:
    """Characters of a chapter that stand one after the other in one text node of the EPUB.

    `offset` is the first of them in the chapter; `path` the CFI of the text node without
    `epubcfi(…)` (`/6/4!/4/2/1`); `at` the first one's place in that node, in UTF-16 units.
    """

    offset: int
    path: str
    at: int


@dataclass(frozen=True, slots=True)
class Chapter:
    """`number` from 1; `level` from 1 for the outermost of a nested table of contents.

    `runs` are empty where the format has no CFIs (plain text, FB2), and where they would be out of
    proportion to the text (markup that is nested without end). `asides` are
    from and to of footnotes between its paragraphs and the like, which are not analysed.
    """

    number: int
    title: str
    kind: ChapterKind
    text: str
    runs: Sequence[Run] = ()
    level: int = 1
    asides: Sequence[tuple[int, int]] = ()

    @property
    def words(self) -> int:
        """Words, as a plan counts them."""
        return len(self.text.split())

    def cfi(self, offset: int) -> str | None:
        """The CFI of a character (`epubcfi(/6/4!/4/2/1:7)`); None without reading positions."""
        point = self._point(offset)
        return None if point is None else f"epubcfi({point})"

    def cfi_range(self, start: int, end: int) -> str | None:
        """The CFI range from a character up to before another; None without reading positions."""
        first, last = self._point(start), self._point(end, closing=True)
        if first is None or last is None:
            return None
        shared = _shared_steps(first, last)
        return f"epubcfi({shared},{first[len(shared) :]},{last[len(shared) :]})"

    def _point(self, offset: int, *, closing: bool = False) -> str | None:
        """`closing`: after the character before `offset`, so that a range ends in its own node."""
        if not self.runs:
            return None
        looked_up = max(0, offset - 1) if closing else offset
        run = self.runs[max(0, bisect_right(self.runs, looked_up, key=lambda r: r.offset) - 1)]
        return f"{run.path}:{run.at + utf16_units(self.text[run.offset : offset])}"


@dataclass(frozen=True, slots=True)
class Book:
    """`repairs` says in words what was wrong with the file and read all the same."""

    title: str | None
    author: str | None
    language: str | None
    format: Literal["epub", "fb2", "text"]
    chapters: Sequence[Chapter]
    repairs: Sequence[str] = field(default=())

    @property
    def characters(self) -> int:
        """Of all chapters."""
        return sum(len(chapter.text) for chapter in self.chapters)


@dataclass(frozen=True, slots=True)
class Location:
    """A reading position: `fraction` of the book, 0 to 1; no `cfi` in formats without."""

    cfi: str | None
    chapter: int
    offset: int
    fraction: float


def utf16_units(text: str) -> int:
    """How many units a text has as CFIs count: characters beyond U+FFFF are two."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le")) // 2


def _shared_steps(first: str, last: str) -> str:
    """What two paths have in common, up to before a step (`/` or `:`)."""
    length = 0
    for place, (one, other) in enumerate(zip(first, last, strict=False)):
        if one != other:
            break
        if one in "/:":
            length = place
    # Equal up to the end of the shorter one: points of one node differ after their colon.
    return first[:length]
