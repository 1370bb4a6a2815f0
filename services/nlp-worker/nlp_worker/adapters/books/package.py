"""The skeleton of an EPUB: where its package is, what that lists, and in which order it is read."""

import posixpath
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import unquote

from nlp_worker.adapters.books.archive import Archive
from nlp_worker.adapters.books.markup import Element, local_name, tree_of
from nlp_worker.errors import BrokenBook, EncryptedBook

_CONTAINER = "META-INF/container.xml"
_ENCRYPTION = "META-INF/encryption.xml"
#: Mangles fonts, which are not read; every other algorithm locks the text.
_FONTS = {"http://www.idpf.org/2008/embedding", "http://ns.adobe.com/pdf/enc#RC"}
_MARKUP = {"application/xhtml+xml", "text/html", "application/x-dtbook+xml", "text/x-oeb1-document"}
_ENDINGS = (".xhtml", ".html", ".htm")


@dataclass(frozen=True, slots=True)
class Item:
    """A file of the book that the package lists; `name` as in the archive."""

    id: str
    name: str
    media_type: str
    properties: Sequence[str]
    fallback: str | None


@dataclass(frozen=True, slots=True)
class SpineItem:
    """A content document at its place; `cfi` leads into it (`/6/4!`)."""

    name: str
    cfi: str
    linear: bool


@dataclass(slots=True)
class Package:
    """`guide` has EPUB 2's words for places, by `(name, fragment)`."""

    title: str | None
    author: str | None
    language: str | None
    folder: str
    items: Mapping[str, Item]
    spine: Sequence[SpineItem]
    ncx: str | None
    nav: str | None
    guide: Mapping[tuple[str, str], str]
    repairs: list[str] = field(default_factory=list)


def package_of(archive: Archive, field: str) -> Package:
    """Read container and package; raises BookRefused."""
    _refuse_locked(archive, field)
    path = _package_path(archive, field)
    root = tree_of(archive.read(path), path, field)
    parts = {local_name(child): child for child in root if local_name(child)}
    for needed in ("manifest", "spine"):
        if needed not in parts:
            raise BrokenBook(f"{path} has no {needed}", field=field)
    folder = posixpath.dirname(path)
    repairs: list[str] = []
    items = _items(parts["manifest"], archive, folder, repairs)
    spine = _spine(parts["spine"], items, repairs, field)
    ncx = items.get(parts["spine"].get("toc") or "") or _first(
        items, lambda item: item.media_type == "application/x-dtbncx+xml"
    )
    nav = _first(items, lambda item: "nav" in item.properties)
    metadata = parts.get("metadata")
    return Package(
        title=_said(metadata, "title"),
        author=_said(metadata, "creator"),
        language=_said(metadata, "language"),
        folder=folder,
        items=items,
        spine=spine,
        ncx=ncx.name if ncx else None,
        nav=nav.name if nav else None,
        guide=_guide(parts.get("guide"), archive, folder),
        repairs=repairs,
    )


def place_of(archive: Archive, folder: str, href: str) -> tuple[str, str]:
    """The part and the fragment that a link means; the part's name may not be there."""
    path, _, fragment = href.partition("#")
    name = archive.join(folder, unquote(path))
    return archive.find(name) or name, unquote(fragment)


def _refuse_locked(archive: Archive, field: str) -> None:
    name = archive.find(_ENCRYPTION)
    if name is None:
        return
    for element in tree_of(archive.read(name), _ENCRYPTION, field).iter():
        if local_name(element) != "encrypteddata":
            continue
        methods = [e for e in element.iter() if local_name(e) == "encryptionmethod"]
        if not methods or (methods[0].get("Algorithm") or "") not in _FONTS:
            raise EncryptedBook(
                "the book is locked by digital rights management: its text cannot be read",
                field=field,
            )


def _package_path(archive: Archive, field: str) -> str:
    container = archive.find(_CONTAINER)
    if container is None:
        raise BrokenBook(f"it is no EPUB: {_CONTAINER} is missing", field=field)
    for element in tree_of(archive.read(container), _CONTAINER, field).iter():
        path = element.get("full-path") if local_name(element) == "rootfile" else None
        if path:
            found = archive.find(archive.join("", path))
            if found is None:
                raise BrokenBook(f"{path[:100]!r}, the book's package, is missing", field=field)
            return found
    raise BrokenBook(f"{_CONTAINER} names no package", field=field)


def _items(manifest: Element, archive: Archive, folder: str, repairs: list[str]) -> dict[str, Item]:
    items: dict[str, Item] = {}
    for element in manifest:
        id_, href = element.get("id"), element.get("href")
        if local_name(element) != "item" or not id_ or not href or "://" in href:
            continue
        name, _ = place_of(archive, folder, href)
        if archive.find(name) is None:
            repairs.append(f"{name[:100]} is listed and not there")
        items[id_] = Item(
            id_,
            name,
            (element.get("media-type") or "").strip().lower(),
            (element.get("properties") or "").split(),
            element.get("fallback"),
        )
    return {id_: item for id_, item in items.items() if archive.find(item.name)}


def _spine(
    spine: Element, items: Mapping[str, Item], repairs: list[str], field: str
) -> list[SpineItem]:
    own_step = 2 * (1 + sum(1 for _ in spine.itersiblings("*", preceding=True)))
    found: dict[str, SpineItem] = {}
    place = 0
    for element in spine:
        if not local_name(element):
            continue
        place += 1
        item = _readable(items, element.get("idref") or "", field)
        if item is None:
            repairs.append(f"place {place} of the spine is no text of the book: left out")
        elif item.name in found:
            repairs.append(f"{item.name[:100]} stands twice in the spine: read once")
        else:
            linear = (element.get("linear") or "yes").lower() != "no"
            found[item.name] = SpineItem(item.name, f"/{own_step}/{2 * place}!", linear)
    if not found:
        raise BrokenBook("no document of its spine can be read", field=field)
    return list(found.values())


def _readable(items: Mapping[str, Item], id_: str, field: str) -> Item | None:
    """The item or, if it is no markup, what stands in for it."""
    seen: set[str] = set()
    item = items.get(id_)
    while item is not None:
        if item.media_type in _MARKUP or item.name.lower().endswith(_ENDINGS):
            return item
        if item.id in seen:
            raise BrokenBook(f"item {item.id[:100]!r} stands in for itself", field=field)
        seen.add(item.id)
        item = items.get(item.fallback or "")
    return None


def _guide(guide: Element | None, archive: Archive, folder: str) -> dict[tuple[str, str], str]:
    if guide is None:
        return {}
    return {
        place_of(archive, folder, element.get("href") or ""): (element.get("type") or "").lower()
        for element in guide
        if local_name(element) == "reference"
    }


def _first(items: Mapping[str, Item], wanted: Callable[[Item], bool]) -> Item | None:
    return next((item for item in items.values() if wanted(item)), None)


def _said(metadata: Element | None, name: str) -> str | None:
    if metadata is None:
        return None
    for element in metadata.iter():
        text = "".join(element.itertext()).strip() if local_name(element) == name else ""
        if text:
            return text[:500]
    return None
