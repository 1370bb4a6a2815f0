"""FB2: one XML file whose sections are the chapters; it has no CFIs."""

from nlp_worker.adapters.books.markup import Element, local_name, tree_of
from nlp_worker.adapters.books.semantics import kind_by_title
from nlp_worker.book import Book, Chapter
from nlp_worker.errors import EmptyBook
from warren.contracts.books import ChapterKind

_LINES = {"p", "v", "subtitle", "text-author", "td", "th", "date"}
_NOTES = {"notes", "comments", "footnotes"}


def read_fb2(content: bytes, field: str) -> Book:
    """The book; raises BookRefused."""
    root = tree_of(content, "the FB2 file", field)
    chapters: list[Chapter] = []
    for body in (child for child in root if local_name(child) == "body"):
        kind = ChapterKind.NOTES if (body.get("name") or "").lower() in _NOTES else ChapterKind.BODY
        _read(body, kind, 1, chapters)
    if not chapters:
        raise EmptyBook("the FB2 file has no text", field=field)
    return Book(_said(root, "book-title"), _author(root), _said(root, "lang"), "fb2", chapters)


def _read(element: Element, kind: ChapterKind, level: int, chapters: list[Chapter]) -> None:
    """A section with sections in it is a chapter of what stands before them, and theirs."""
    title, lines = "", []
    sections = []
    for child in element:
        name = local_name(child)
        if name == "section":
            sections.append(child)
            continue
        own = _lines(child)
        if name == "title" and not title:
            title = " ".join(own)[:300]
        lines += own
    if sections and kind is ChapterKind.NOTES:
        lines += [line for section in sections for line in _lines(section)]
        sections = []
    if lines:
        text = "\n".join(lines)
        said = kind if kind is ChapterKind.NOTES else kind_by_title(title) or kind
        chapters.append(Chapter(len(chapters) + 1, title or lines[0][:80], said, text, (), level))
    for section in sections:
        _read(section, kind, level + 1 if lines else level, chapters)


def _lines(element: Element) -> list[str]:
    if local_name(element) in _LINES:
        line = " ".join("".join(element.itertext()).split())
        return [line] if line else []
    return [line for child in element if local_name(child) for line in _lines(child)]


def _said(root: Element, name: str) -> str | None:
    found = next((e for e in root.iter() if local_name(e) == name), None)
    return None if found is None else " ".join("".join(found.itertext()).split())[:500] or None


def _author(root: Element) -> str | None:
    author = next((e for e in root.iter() if local_name(e) == "author"), None)
    if author is None:
        return None
    names = ("".join(child.itertext()).strip() for child in author if local_name(child))
    return " ".join(name for name in names if name)[:500] or None
