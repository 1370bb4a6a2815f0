"""Bytes to text: in which encoding, and whether it is text at all."""

import codecs
import re
from dataclasses import dataclass

from charset_normalizer import from_bytes

from sync_worker.errors import UnknownFormat
from warren.declared_encodings import codec_of

#: Bytes that are looked at to find an encoding.
_SAMPLE = 256 * 1024
_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_META = re.compile(
    rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([A-Za-z0-9_:.-]{1,40})", re.IGNORECASE
)
#: What no text holds, but for a form feed, an escape and the ends of lines.
_CONTROLS = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f\ufffe\uffff]")
#: Of a thousand characters; a stray one is forgiven.
_MOST_CONTROLS = 1


@dataclass(frozen=True, slots=True)
class Decoded:
    """A text, and the encoding in which it stood."""

    text: str
    encoding: str


def decode(data: bytes, declared: str | None, field: str) -> Decoded:
    """The text: by its byte order mark, as UTF-8, as declared, or as is likely.

    Raises UnknownFormat if it is none.
    """
    for encoding in _candidates(data, declared):
        try:
            text = data.decode(encoding)
        except UnicodeError:
            continue
        if is_text(text):
            return Decoded(text, codecs.lookup(encoding).name.removesuffix("-sig"))
    raise UnknownFormat("the content is no text in any known encoding", field=field)


def declared_in(html: bytes) -> str | None:
    """The encoding that a page names in its head."""
    match = _META.search(html[:4096])
    return match[1].decode() if match else None


def _candidates(data: bytes, declared: str | None) -> list[str]:
    marked = next((name for mark, name in _MARKS.items() if data.startswith(mark)), None)
    if marked is not None:
        return [marked]
    codec = codec_of(declared) if declared else None
    named = [codec] if codec else []
    return ["utf-8", *named] if _is_utf8(data) else [*named, *_likely(data)]


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _likely(data: bytes) -> list[str]:
    best = from_bytes(data[:_SAMPLE]).best()
    return [] if best is None else [best.encoding]


def is_text(text: str) -> bool:
    """Whether it has no more control characters than a text may have by accident."""
    found = sum(1 for _ in _CONTROLS.finditer(text))
    return found * 1000 <= _MOST_CONTROLS * len(text) and "\x00" not in text
