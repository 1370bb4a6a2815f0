"""What a file is, by its first bytes, before anything decodes it."""

import struct

#: Beginnings of files that people send and that are refused, and what they are called.
_OTHERS = (
    (b"GIF8", "a GIF"),
    (b"BM", "a BMP"),
    (b"II*\x00", "a TIFF"),
    (b"MM\x00*", "a TIFF"),
    (b"%PDF", "a PDF"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"8BPS", "a Photoshop file"),
    (b"\x00\x00\x01\x00", "an icon"),
)
_MARKUP = (b"<svg", b"<?xml", b"<!doctype", b"<html")


def name_of_other(data: bytes) -> str:
    """What a file that is no PNG, JPEG or WebP seems to be, with its article."""
    if not data:
        return "an empty file"
    for beginning, name in _OTHERS:
        if data.startswith(beginning):
            return name
    start = data[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith(_MARKUP):
        return "an SVG" if b"<svg" in start else "a text with markup"
    if data[4:8] == b"ftyp":
        return "an AVIF or HEIC file" if data[8:11] in {b"avi", b"hei", b"mif"} else "a video"
    return "something else"


def webp_size(data: bytes) -> tuple[int, int] | None:
    """Width and height that a WebP file claims; None if its header is damaged.

    libwebp takes memory for the whole picture as soon as it opens it.
    """
    kind = data[12:16]
    try:
        if kind == b"VP8X":
            return _three_bytes(data, 24) + 1, _three_bytes(data, 27) + 1
        if kind == b"VP8L":
            (bits,) = struct.unpack_from("<I", data, 21)
            return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        if kind == b"VP8 ":
            width, height = struct.unpack_from("<HH", data, 26)
            return width & 0x3FFF, height & 0x3FFF
    except struct.error:
        return None
    return None


def _three_bytes(data: bytes, place: int) -> int:
    low, high = struct.unpack_from("<HB", data, place)
    return int(low) | int(high) << 16
