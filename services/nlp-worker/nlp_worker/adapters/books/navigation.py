"""Tables of contents: EPUB 3's navigation document, or else EPUB 2's NCX."""

from collections.abc import Iterator
from dataclasses import dataclass

from nlp_worker.adapters.books.archive import Archive
from nlp_worker.adapters.books.markup import Element, content_tree, local_name, semantics, tree_of
from nlp_worker.adapters.books.package import Package, place_of
from nlp_worker.errors import BookRefused

#: Entries beyond this are not looked at.
MAX_ENTRIES = 20_000


@dataclass(frozen=True, slots=True)
class Entry:
    """`name` and `fragment` say where a part begins; `level` is 1 for the outermost."""

    name: str
    fragment: str
    title: str
    level: int


@dataclass(frozen=True, slots=True)
class Navigation:
    """`landmarks` are words for what stands at `(name, fragment)`."""

    entries: list[Entry]
    landmarks: dict[tuple[str, str], str]


def navigation_of(archive: Archive, package: Package, field: str) -> Navigation:
    """What the book says of its parts; a table that cannot be read is left out."""
    found = Navigation([], {})
    for name, read in ((package.nav, _nav), (package.ncx, _ncx)):
        if name is None or found.entries:
            continue
        try:
            found = read(archive, name, field)
        except BookRefused as error:
            package.repairs.append(f"the table of contents {name[:100]} is left out: {error}")
    return found


def _nav(archive: Archive, name: str, field: str) -> Navigation:
    root, _ = content_tree(archive.read(name), name, field)
    entries: list[Entry] = []
    landmarks: dict[tuple[str, str], str] = {}
    navs = [element for element in root.iter() if local_name(element) == "nav"]
    for nav in navs:
        words = semantics(nav)
        if "landmarks" in words:
            landmarks |= _landmarks(archive, nav, name)
        elif not entries and ("toc" in words or len(navs) == 1):
            entries = list(_bounded(_links(archive, nav, name)))
    return Navigation(entries, landmarks)


def _links(archive: Archive, nav: Element, name: str) -> Iterator[Entry]:
    for link in nav.iter():
        if local_name(link) == "a" and link.get("href"):
            level = sum(1 for above in link.iterancestors() if local_name(above) == "ol")
            place = _place(archive, name, link.get("href") or "")
            yield Entry(*place, _text(link), max(1, level))


def _landmarks(archive: Archive, nav: Element, name: str) -> dict[tuple[str, str], str]:
    return {
        _place(archive, name, link.get("href") or ""): semantics(link)[0]
        for link in nav.iter()
        if local_name(link) == "a" and semantics(link)
    }


def _ncx(archive: Archive, name: str, field: str) -> Navigation:
    root = tree_of(archive.read(name), name, field)
    points = (point for point in root.iter() if local_name(point) == "navpoint")
    return Navigation(list(_bounded(_points(archive, points, name))), {})


def _points(archive: Archive, points: Iterator[Element], name: str) -> Iterator[Entry]:
    for point in points:
        own = {local_name(child): child for child in point}
        href = own["content"].get("src") if "content" in own else None
        if href:
            level = sum(1 for above in point.iterancestors() if local_name(above) == "navpoint")
            title = _text(own["navlabel"]) if "navlabel" in own else ""
            yield Entry(*_place(archive, name, href), title, level + 1)


def _bounded(entries: Iterator[Entry]) -> Iterator[Entry]:
    for number, entry in enumerate(entries):
        if number == MAX_ENTRIES:
            return
        yield entry


def _place(archive: Archive, name: str, href: str) -> tuple[str, str]:
    if href.startswith("#"):
        return name, href[1:]
    return place_of(archive, name.rpartition("/")[0], href)


def _text(element: Element) -> str:
    return " ".join("".join(element.itertext()).split())[:300]
