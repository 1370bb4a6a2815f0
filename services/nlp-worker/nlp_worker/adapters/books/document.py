"""A content document to text: its paragraphs as lines, and for each character its CFI."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from nlp_worker.adapters.books.markup import Element, local_name, semantics
from nlp_worker.asides import apart, within
from nlp_worker.book import LONGEST_PATH, Run, utf16_units

_SKIPPED = {"head", "script", "style", "template"}
_INLINE = {
    "a", "abbr", "acronym", "b", "bdi", "bdo", "big", "cite", "code", "del", "dfn", "em", "font",
    "i", "ins", "kbd", "label", "mark", "q", "rb", "rp", "rt", "rtc", "ruby", "s", "samp", "small",
    "span", "strike", "strong", "sub", "sup", "time", "tspan", "tt", "u", "var", "wbr", "img",
    "switch", "case", "default",
}  # fmt: skip
_HEADINGS = {"h1", "h2", "h3"}
_NOTES = {"footnote", "footnotes", "endnote", "endnotes", "rearnote", "rearnotes", "note"}
#: White space that collapses; a soft hyphen is no part of its word.
_DROPPED = re.compile("[ \t\r\n\f]{2,}|\xad+")
_TO_SPACES = str.maketrans("\t\r\n\f", "    ")
_ESCAPED = re.compile(r"[\^\[\](),;=]")


@dataclass(frozen=True, slots=True)
class Document:
    """`anchors` are offsets by id, `asides` hold notes (asides.apart), `headings` start offsets."""

    text: str
    runs: Sequence[Run]
    anchors: Mapping[str, int]
    asides: Sequence[tuple[int, int]]
    headings: Mapping[int, str]

    def cut(self, start: int, end: int) -> "Document":
        """The part from `start` to before `end`, without white space around it."""
        piece = self.text[start:end]
        start += len(piece) - len(piece.lstrip())
        end = max(start, end - (len(piece) - len(piece.rstrip())))
        return Document(
            self.text[start:end],
            _cut_runs(self.runs, self.text, start, end),
            {},
            [
                (max(a, start) - start, min(b, end) - start)
                for a, b in within(self.asides, start, end)
            ],
            {},
        )


def document_of(root: Element, base: str) -> Document:
    """The text of a document; `base` is the CFI up to and with the `!` that leads into it."""
    writer = _Writer()
    body = next((child for child in root.iter() if local_name(child) == "body"), root)
    writer.walk(body, base + _path(body))
    return writer.document()


def _path(element: Element) -> str:
    """The steps from the root to an element."""
    steps: list[str] = []
    parent = element.getparent()
    while parent is not None:
        before = sum(1 for _ in element.itersiblings("*", preceding=True))
        steps.append(_step(2 * (before + 1), element))
        element, parent = parent, parent.getparent()
    return "".join(reversed(steps))


def _step(number: int, element: Element) -> str:
    id_ = element.get("id")
    if not id_ or len(id_) > 100:
        return f"/{number}"
    return f"/{number}[{_ESCAPED.sub(lambda match: '^' + match[0], id_)}]"


@dataclass(slots=True)
class _Writer:
    pieces: list[str] = field(default_factory=list)
    length: int = 0
    runs: list[Run] = field(default_factory=list)
    anchors: dict[str, int] = field(default_factory=dict)
    asides: list[tuple[int, int]] = field(default_factory=list)
    headings: dict[int, str] = field(default_factory=dict)
    #: The last character; a line break before the first, so that no line begins with a space.
    last: str = "\n"
    #: The text node and the place in it that would go on with the last run.
    following: tuple[str, int] | None = None

    def document(self) -> Document:
        text = "".join(self.pieces)
        return Document(text, self.runs, self.anchors, apart(self.asides), self.headings)

    def walk(self, element: Element, path: str) -> None:
        name = local_name(element)
        if name in _SKIPPED:
            return
        if name not in _INLINE:
            self.end_line()
        start = self.length
        self._note_anchors(element)
        self._write_children(element, path, keep=name == "pre")
        if name not in _INLINE:
            self.end_line()
        if name in _HEADINGS and self.length > start:
            self.headings[start] = " ".join("".join(self.pieces_from(start)).split())
        if name != "a" and not _NOTES.isdisjoint(semantics(element)):
            self.asides.append((start, self.length))

    def pieces_from(self, start: int) -> list[str]:
        length, found = self.length, []
        for piece in reversed(self.pieces):
            if length <= start:
                break
            length -= len(piece)
            found.append(piece)
        return found[::-1]

    def _note_anchors(self, element: Element) -> None:
        for name in (element.get("id"), element.get("name")):
            if name:
                self.anchors.setdefault(name, self.length)

    def _write_children(self, element: Element, path: str, *, keep: bool) -> None:
        elements = 0
        #: Comments and instructions do not divide the text node that a CFI counts in.
        at = self.write(element.text, f"{path}/1", 0, keep=keep)
        for child in element:
            if local_name(child):
                elements += 1
                # A longer one is none (chapters.py): it need not grow with each level.
                below = _step(2 * elements, child) if len(path) <= LONGEST_PATH else ""
                self.walk(child, path + below)
                at = 0
            at = self.write(child.tail, f"{path}/{2 * elements + 1}", at, keep=keep)

    def write(self, text: str | None, path: str, at: int, *, keep: bool) -> int:
        """Append a text node's characters; returns where in the node the next ones stand."""
        if not text:
            return at
        begin = 0
        for match in () if keep else _DROPPED.finditer(text):
            self._append(text[begin : match.start()], path, at)
            at += utf16_units(text[begin : match.start()])
            if match[0][0] != "\xad":
                self._append(" ", path, at)
            at += len(match[0])
            begin = match.end()
        self._append(text[begin:], path, at)
        return at + utf16_units(text[begin:])

    def _append(self, text: str, path: str, at: int) -> None:
        text = text.translate(_TO_SPACES)
        if self.last in "\n " and text.startswith(" "):
            text, at = text[1:], at + 1
        if not text:
            return
        if self.following != (path, at):
            self.runs.append(Run(self.length, path, at))
        self._put(text)
        self.following = path, at + utf16_units(text)

    def end_line(self) -> None:
        if self.last == " ":
            self.pieces[-1] = self.pieces[-1][:-1]
            self.length -= 1
            if self.runs and self.runs[-1].offset == self.length:
                self.runs.pop()
            self.last = next((piece[-1] for piece in reversed(self.pieces) if piece), "\n")
        if self.last != "\n":
            self._put("\n")
        self.following = None

    def _put(self, text: str) -> None:
        self.pieces.append(text)
        self.length += len(text)
        self.last = text[-1]


def _cut_runs(runs: Sequence[Run], text: str, start: int, end: int) -> list[Run]:
    first = max(0, bisect_right(runs, start, key=lambda run: run.offset) - 1)
    last = bisect_left(runs, end, lo=first, key=lambda run: run.offset)
    kept: list[Run] = []
    for run in runs[first:last]:
        begin = max(run.offset, start)
        at = run.at + utf16_units(text[run.offset : begin])
        kept.append(replace(run, offset=begin - start, at=at))
    return kept
