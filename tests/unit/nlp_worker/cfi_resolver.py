"""Resolves CFIs by the standard (IDPF, EPUB Canonical Fragment Identifiers 1.1), for tests only.

Knows nothing of the code that makes them: it opens the archive, walks the steps and counts the
UTF-16 units of a text node itself.
"""

import io
import posixpath
import re
import zipfile
from dataclasses import dataclass
from xml.dom import minidom
from xml.dom.minidom import Node

_TEXT = (Node.TEXT_NODE, Node.CDATA_SECTION_NODE)
_STEP = re.compile(r"/(\d+)(?:\[((?:\^.|[^\]])*)\])?")


@dataclass(frozen=True)
class Place:
    """What stands at a CFI: the rest of the text node from there on, and the document's name."""

    document: str
    text: str


class Resolver:
    """Of one EPUB."""

    def __init__(self, content: bytes) -> None:
        self._archive = zipfile.ZipFile(io.BytesIO(content))
        container = self._parsed("META-INF/container.xml")
        (rootfile,) = container.getElementsByTagName("rootfile")
        self._package_name = rootfile.getAttribute("full-path")
        self._package = self._parsed(self._package_name)
        self._documents: dict[str, minidom.Document] = {}

    def _parsed(self, name: str) -> minidom.Document:
        return minidom.parseString(self._archive.read(name))  # noqa: S318 - made by the test

    def point(self, cfi: str) -> Place:
        """Where `epubcfi(…)` points."""
        body = re.fullmatch(r"epubcfi\(([^,]*(?:\^,[^,]*)*)\)", cfi)
        assert body, cfi
        return self._resolved(body[1])

    def range(self, cfi: str) -> tuple[Place, Place]:
        """Start and end of a range `epubcfi(parent,start,end)`."""
        body = re.fullmatch(r"epubcfi\((.*),(.*),(.*)\)", cfi)
        assert body, cfi
        return self._resolved(body[1] + body[2]), self._resolved(body[1] + body[3])

    def _resolved(self, path: str) -> Place:
        into, _, rest = path.partition("!")
        itemref = self._walk(self._package.documentElement, into)
        assert isinstance(itemref, minidom.Element)
        name = self._document_of(itemref.getAttribute("idref"))
        if name not in self._documents:
            self._documents[name] = self._parsed(name)
        steps, _, offset = rest.rpartition(":")
        node = self._walk(self._documents[name].documentElement, steps)
        assert isinstance(node, str), f"{path} leads to no text"
        units = node.encode("utf-16-le")
        assert 2 * int(offset) <= len(units), f"{path} leads beyond its text"
        return Place(name, units[2 * int(offset) :].decode("utf-16-le"))

    def _document_of(self, idref: str) -> str:
        for item in self._package.getElementsByTagName("item"):
            if item.getAttribute("id") == idref:
                folder = posixpath.dirname(self._package_name)
                return posixpath.join(folder, item.getAttribute("href"))
        raise AssertionError(f"no item {idref}")

    def _walk(self, element: minidom.Element | None, path: str) -> minidom.Element | str:
        assert element is not None
        node: minidom.Element | str = element
        for match in _STEP.finditer(path):
            assert not isinstance(node, str), f"{path} goes on below a text"
            node = _child(node, int(match[1]))
            if match[2] is not None:
                assert isinstance(node, minidom.Element)
                assert node.getAttribute("id") == re.sub(r"\^(.)", r"\1", match[2])
        return node


def _child(element: minidom.Element, step: int) -> minidom.Element | str:
    """Elements have even numbers; odd ones are all the text between two of them."""
    elements, text = 0, ""
    for child in element.childNodes:
        if child.nodeType == Node.ELEMENT_NODE:
            if step == 2 * elements + 1:
                break
            elements += 1
            if step == 2 * elements:
                return child
        elif child.nodeType in _TEXT and step == 2 * elements + 1:
            text += child.data
    assert step % 2, f"no element {step}"
    return text
