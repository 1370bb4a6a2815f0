"""EPUB 2 and 3."""

from pathlib import Path

from nlp_worker.adapters.books.archive import Archive, opened
from nlp_worker.adapters.books.chapters import Part, chapters_of
from nlp_worker.adapters.books.document import document_of
from nlp_worker.adapters.books.markup import Element, content_tree, local_name, semantics
from nlp_worker.adapters.books.navigation import navigation_of
from nlp_worker.adapters.books.package import Package, SpineItem, package_of
from nlp_worker.book import Book
from nlp_worker.errors import BookTooLarge

#: Elements at the top of a document that say what it is: its body and the sections around it all.
_AROUND = 3


def read_epub(path: Path, max_characters: int, field: str) -> Book:
    """The book; raises BookRefused."""
    with opened(path, field) as archive:
        package = package_of(archive, field)
        parts: list[Part] = []
        characters = 0
        for item in package.spine:
            parts.append(_part(archive, package, item, field))
            characters += len(parts[-1].document.text)
            if characters > max_characters:
                raise BookTooLarge(
                    f"the book has more than {max_characters:,} characters", field=field
                )
        navigation = navigation_of(archive, package, field)
        chapters = chapters_of(parts, navigation, package.guide)
    package.repairs.extend(
        f"chapter {chapter.number} has no reading positions: its markup is out of proportion"
        for chapter in chapters
        if not chapter.runs
    )
    return Book(package.title, package.author, package.language, "epub", chapters, package.repairs)


def _part(archive: Archive, package: Package, item: SpineItem, field: str) -> Part:
    root, repaired = content_tree(archive.read(item.name), item.name, field)
    if repaired:
        package.repairs.append(f"{item.name[:100]} is not well-formed: read as HTML")
    words = _words(root)
    if item.name == package.nav:
        words = [*words, "toc"]
    return Part(item.name, document_of(root, item.cfi), words, item.linear)


def _words(root: Element) -> list[str]:
    """What the document says of itself as a whole, the outermost first."""
    element: Element | None = next((e for e in root.iter() if local_name(e) == "body"), root)
    found = [*semantics(root)]
    for _ in range(_AROUND):
        if element is None:
            break
        found += semantics(element)
        children = [child for child in element if local_name(child)]
        element = children[0] if len(children) == 1 else None
    return found
