"""Documents of the spine to chapters: cut where the table of contents says that a part begins."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from nlp_worker.adapters.books.document import Document
from nlp_worker.adapters.books.navigation import Entry, Navigation
from nlp_worker.adapters.books.semantics import kind_by_title, kind_by_words
from nlp_worker.book import LONGEST_PATH, Chapter, Run
from warren.contracts.books import ChapterKind

#: What stands before the first part of a document, such as a heading, belongs to it up to here.
_HEAD = 200
#: Bytes that the places of a chapter may take in a file: for itself, for each of its characters
#: (words that are marked one by one take 20), and in all.
_FOR_PLACES, _FOR_EACH, _MOST_FOR_PLACES = 64 << 10, 48, 16 << 20
_BYTES_OF_A_RUN = 24


@dataclass(frozen=True, slots=True)
class Part:
    """A document of the spine; `words` say what it is (epub:type, role, guide)."""

    name: str
    document: Document
    words: Sequence[str]
    linear: bool = True


@dataclass(slots=True)
class _Draft:
    title: str
    level: int
    kind: ChapterKind
    #: By the table of contents or a heading.
    named: bool
    pieces: list[Document] = field(default_factory=list)

    def goes_on_with(self, kind: ChapterKind | None) -> bool:
        """Whether a piece without a name of its own belongs to it."""
        return kind in (None, self.kind) if self.named else kind is self.kind


def chapters_of(
    parts: Sequence[Part], navigation: Navigation, guide: Mapping[tuple[str, str], str]
) -> list[Chapter]:
    """All text of the parts exactly once, in their order."""
    drafts: list[_Draft] = []
    words = {**guide, **navigation.landmarks}
    entries: dict[str, list[Entry]] = defaultdict(list)
    for entry in navigation.entries:
        entries[entry.name].append(entry)
    for part in parts:
        for start, end, opens in _cuts(part.document, entries[part.name]):
            piece = part.document.cut(start, end)
            if piece.text:
                _add(drafts, part, piece, opens, words, start)
    return [_chapter(number, draft) for number, draft in enumerate(drafts, start=1)]


def _cuts(document: Document, entries: Sequence[Entry]) -> list[tuple[int, int, Entry | None]]:
    """Start, end and entry of each piece of a document; the first may have no entry."""
    starts: dict[int, Entry] = {}
    for entry in entries:
        place = _line_start(document.text, document.anchors.get(entry.fragment, 0))
        before = starts.get(place)
        starts[place] = entry if before is None else _both(before, entry)
    first = min(starts, default=0)
    if starts and first and len(document.text[:first].strip()) <= _HEAD:
        starts[0] = starts.pop(first)
    places = sorted({0, *starts})
    ends = [*places[1:], len(document.text)]
    return [(a, b, starts.get(a)) for a, b in zip(places, ends, strict=True)]


def _both(outer: Entry, inner: Entry) -> Entry:
    """Two parts that begin at one place, such as a part and its first chapter."""
    if inner.level == outer.level or not outer.title:
        return outer
    return replace(inner, title=f"{outer.title}. {inner.title}", level=outer.level)


def _line_start(text: str, offset: int) -> int:
    return text.rfind("\n", 0, offset) + 1


def _add(
    drafts: list[_Draft],
    part: Part,
    piece: Document,
    entry: Entry | None,
    words: Mapping[tuple[str, str], str],
    start: int,
) -> None:
    heading = part.document.headings.get(start) if entry is None else None
    title = entry.title if entry else heading or ""
    kind = _kind(part, entry, title, words)
    if entry is None and heading is None and drafts and drafts[-1].goes_on_with(kind):
        drafts[-1].pieces.append(piece)
        return
    level = entry.level if entry else 1
    named = bool(title)
    title = title or _first_line(piece)
    drafts.append(_Draft(title, level, kind or ChapterKind.BODY, named, [piece]))


def _kind(
    part: Part, entry: Entry | None, title: str, words: Mapping[tuple[str, str], str]
) -> ChapterKind | None:
    said = [words.get((part.name, entry.fragment), "")] if entry else []
    by_words = kind_by_words([*said, *part.words, words.get((part.name, ""), "")])
    if by_words not in (None, ChapterKind.BODY):
        return by_words
    by_title = kind_by_title(title) if title else None
    if by_title is None and not part.linear:
        return by_words or ChapterKind.NOTES
    return by_title or by_words


def _first_line(piece: Document) -> str:
    return piece.text.partition("\n")[0][:80]


def _chapter(number: int, draft: _Draft) -> Chapter:
    text, runs, asides = "", [], []
    for piece in draft.pieces:
        text += "\n" if text else ""
        runs += [Run(run.offset + len(text), run.path, run.at) for run in piece.runs]
        asides += [(a + len(text), b + len(text)) for a, b in piece.asides]
        text += piece.text
    placed = runs if _are_in_proportion(runs, len(text)) else []
    return Chapter(number, draft.title, draft.kind, text, placed, draft.level, asides)


def _are_in_proportion(runs: Sequence[Run], characters: int) -> bool:
    """Whether places take no more than a text of so many characters is worth."""
    lengths = [len(path) for path in {run.path for run in runs}]
    size = sum(lengths) + _BYTES_OF_A_RUN * len(runs)
    most = min(_MOST_FOR_PLACES, _FOR_PLACES + _FOR_EACH * characters)
    return size <= most and max(lengths, default=0) <= LONGEST_PATH
