"""Bytes to text: in which encoding, and whether it is text at all."""

import codecs
import re

from charset_normalizer import from_bytes

from nlp_worker.errors import UnknownFormat
from warren.declared_encodings import codec_of

_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_DECLARED = re.compile(
    rb"<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([A-Za-z0-9_.:-]{1,40})|"
    rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([A-Za-z0-9_.:-]{1,40})",
    re.IGNORECASE,
)
#: Bytes that are looked at to guess an encoding.
_SAMPLE = 128 * 1024
#: What no text holds, but for a form feed and the ends of lines.
_CONTROLS = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f\ufffe\uffff]")
_MOST_CONTROLS = 1 / 1000


def decoded_markup(content: bytes, what: str, field: str) -> str:
    """By its mark, as declared, or as UTF-8; raises UnknownFormat."""
    declared = _DECLARED.search(content[:2048])
    named = codec_of((declared[1] or declared[2]).decode()) if declared else None
    # What says so in single bytes is not in UTF-16.
    usable = named is not None and not named.startswith("utf-16")
    return _decoded(content, [named] if named and usable else [], what, field)


def decoded_text(content: bytes, what: str, field: str) -> str:
    """By its mark, as UTF-8, or as is likely; raises UnknownFormat for what is no text."""
    text = _decoded(content, [], what, field)
    if "\x00" in text or len(_CONTROLS.findall(text)) > 1 + len(text) * _MOST_CONTROLS:
        raise UnknownFormat(f"{what} holds binary data, not text", field=field)
    return text


def _decoded(content: bytes, named: list[str], what: str, field: str) -> str:
    marked = [name for mark, name in _MARKS.items() if content.startswith(mark)]
    for encoding in [*marked, *named, "utf-8"]:
        try:
            return content.decode(encoding)
        except UnicodeError:
            continue
    best = from_bytes(content[:_SAMPLE]).best()
    if best is not None:
        return content.decode(best.encoding, errors="replace")
    raise UnknownFormat(f"{what} is no text in any known encoding", field=field)
