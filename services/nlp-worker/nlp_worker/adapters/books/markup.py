"""Markup to trees, without entities or networks; what is broken is repaired where that is safe."""

import re
from html.entities import name2codepoint
from typing import Any, TypeAlias

from lxml import etree

from nlp_worker.adapters.books.decoding import decoded_markup
from nlp_worker.errors import BrokenBook, UnsafeBook

#: An element of lxml, whose types are not known to mypy.
Element: TypeAlias = Any
_OPS = "http://www.idpf.org/2007/ops"
_ENTITY = re.compile(r"<!ENTITY", re.IGNORECASE)
#: Only where one may stand, before the root. Possessive: what is broken is read once all the same.
_DOCTYPE = re.compile(
    r"\A((?:\s++|<\?[^>]*+>|<!--[^-]*+(?:-(?!->)[^-]*+)*+-->)*+)"
    r"<!DOCTYPE[^>\[]*+(?:\[[^\]]*+\]\s*+)?+>",
    re.IGNORECASE,
)
_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")
_REFERENCE = re.compile(r"&(?:#\d{1,7};|#[xX][0-9a-fA-F]{1,6};|([A-Za-z][A-Za-z0-9]{0,31});)?")
_KEPT = {"amp", "lt", "gt", "quot", "apos"}
#: What XML may not hold at all.
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_MOST_CONTROLS = 1 / 1000


def tree_of(content: bytes, what: str, field: str) -> Element:
    """The root of an XML document of the book's skeleton; raises BrokenBook, UnsafeBook."""
    try:
        return _parsed(_text(content, what, field))
    except etree.XMLSyntaxError as error:
        raise BrokenBook(f"{what} is not well-formed: {error}", field=field) from None


def content_tree(content: bytes, what: str, field: str) -> tuple[Element, bool]:
    """The root of a content document, and whether it had to be repaired (read as HTML).

    Raises BrokenBook, UnsafeBook.
    """
    text = _text(content, what, field)
    try:
        return _parsed(text), False
    except etree.XMLSyntaxError:
        pass
    try:
        parser = etree.HTMLParser(no_network=True, encoding="utf-8")
        root = etree.fromstring(_DECLARATION.sub("", text).encode(), parser)
    except etree.XMLSyntaxError as error:
        raise BrokenBook(f"{what} is no markup: {error}", field=field) from None
    if root is None:
        raise BrokenBook(f"{what} is no markup", field=field)
    return root, True


def local_name(element: Element) -> str:
    """The tag without its namespace, in lower case; empty for comments and instructions."""
    tag = element.tag
    return tag.rpartition("}")[2].lower() if isinstance(tag, str) else ""


def semantics(element: Element) -> list[str]:
    """The words of `epub:type` and of `role`, without `doc-`; empty for most elements."""
    types = element.get(f"{{{_OPS}}}type") or element.get("epub:type") or ""
    role = (element.get("role") or "").replace("doc-", "")
    return f"{types} {role}".lower().split()


def _parsed(text: str) -> Element:
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
    )
    return etree.fromstring(_DECLARATION.sub("", text).encode(), parser)


def _text(content: bytes, what: str, field: str) -> str:
    text = decoded_markup(content, what, field)
    if _ENTITY.search(text):
        raise UnsafeBook(f"{what} defines entities, which no book needs", field=field)
    text = _DOCTYPE.sub(r"\1", text)
    controls = len(_CONTROLS.findall(text))
    if controls > 1 + len(text) * _MOST_CONTROLS:
        raise BrokenBook(f"{what} holds binary data, not text", field=field)
    if controls:
        text = _CONTROLS.sub("\ufffd", text)
    return _REFERENCE.sub(_character, text)


def _character(match: re.Match[str]) -> str:
    """HTML's named characters, which no document type declares here; stray ampersands as such."""
    name = match[1]
    if name is None:
        return match[0] if len(match[0]) > 1 else "&amp;"
    if name in _KEPT:
        return match[0]
    code = name2codepoint.get(name)
    return f"&amp;{name};" if code is None else f"&#{code};"
