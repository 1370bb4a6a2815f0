"""E-books: the chapters in their reading order."""

import posixpath
import zipfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

from lxml import etree

from sync_worker.adapters.formats.archive import opened
from sync_worker.adapters.formats.decoding import declared_in, decode
from sync_worker.adapters.formats.html import text_of_html
from sync_worker.errors import BrokenFile

_CONTAINER = "META-INF/container.xml"
_NAMES = {
    "c": "urn:oasis:names:tc:opendocument:xmlns:container",
    "opf": "http://www.idpf.org/2007/opf",
}


def text_of_epub(path: Path, field: str) -> Iterator[str]:
    """The text of each chapter; raises BrokenFile."""
    with opened(path, field) as archive:
        package = _attribute(archive, _CONTAINER, "//c:rootfile/@full-path", field)[0]
        folder = posixpath.dirname(package)
        spine = _attribute(archive, package, "//opf:spine/opf:itemref/@idref", field)
        ids = _attribute(archive, package, "//opf:manifest/opf:item/@id", field)
        places = _attribute(archive, package, "//opf:manifest/opf:item/@href", field)
        chapters = dict(zip(ids, places, strict=True))
        for id_ in spine:
            name = posixpath.normpath(posixpath.join(folder, unquote(chapters[id_])))
            content = _part(archive, name, field)
            decoded = decode(content, declared_in(content), field)
            yield from text_of_html(decoded.text, field)


def _attribute(archive: zipfile.ZipFile, name: str, query: str, field: str) -> list[str]:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    tree = etree.fromstring(_part(archive, name, field), parser)
    found = [str(value) for value in tree.xpath(query, namespaces=_NAMES)]
    if not found:
        raise BrokenFile(f"{name} lacks what an epub needs", field=field)
    return found


def _part(archive: zipfile.ZipFile, name: str, field: str) -> bytes:
    try:
        return archive.read(name)
    except KeyError:
        raise BrokenFile(f"{name} is not in the epub", field=field) from None
