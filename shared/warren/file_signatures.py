"""What files are, by their first bytes."""

import re

#: Files that no service reads as a text or a book, to tell somebody what was sent instead.
_FOREIGN = {
    b"\x89PNG": "a PNG image",
    b"\xff\xd8\xff": "a JPEG image",
    b"GIF8": "a GIF image",
    b"RIFF": "a RIFF file (sound, film or a WebP image)",
    b"ID3": "an MP3 file",
    b"OggS": "an Ogg file",
    b"\x7fELF": "a program",
    b"MZ": "a program",
    b"\x1f\x8b": "a gzip archive",
    b"BZh": "a bzip2 archive",
    b"7z\xbc\xaf": "a 7z archive",
    b"Rar!": "a RAR archive",
    b"\xfd7zXZ": "an xz archive",
    b"SQLite format 3": "an SQLite database",
    b"{\\rtf": "an RTF document",
    b"AT&TFORM": "a DjVu file",
    b"ITOLITLS": "a LIT book",
}
#: Where the type of a Palm database stands.
_PALM_TYPE = slice(60, 68)
#: So much of a file tells its media type.
HEAD_BYTES = 64
#: The longer of two that both fit comes first. None of them can begin a text that people write.
_MARKS = tuple(
    (re.compile(mark, re.DOTALL), media_type)
    for mark, media_type in (
        (rb"\x89PNG\r\n\x1a\n", "image/png"),
        (rb"\xff\xd8\xff", "image/jpeg"),
        (rb"GIF8[79]a", "image/gif"),
        (rb"RIFF.{4}WEBP", "image/webp"),
        (rb"II\*\0|MM\0\*|II\+\0\x08\0|MM\0\+\0\x08", "image/tiff"),
        (rb"(RIFF|RIFX|RF64|BW64).{4}WAVE", "audio/wav"),
        (rb"ID3[\x02-\x04]", "audio/mpeg"),
        (rb"fLaC[\x00\x80]", "audio/flac"),
        (rb"OggS\0", "audio/ogg"),
        (rb"\x1aE\xdf\xa3", "video/webm"),
        (rb"\0\0\0.ftyp", "video/mp4"),
        (rb"(\xef\xbb\xbf)?\s{0,32}%PDF-\d", "application/pdf"),
        (rb"PK\x03\x04.{26}mimetypeapplication/epub\+zip", "application/epub+zip"),
        (rb"(PK00|PK\x07\x08)?PK(\x03\x04|\x05\x06)", "application/zip"),
        (rb"\x1f\x8b\x08", "application/gzip"),
        (rb"BZh[1-9]1AY&SY", "application/x-bzip2"),
        (rb"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
        (rb"Rar!\x1a\x07", "application/vnd.rar"),
        (rb"\xfd7zXZ\0", "application/x-xz"),
        (rb"SQLite format 3\0", "application/vnd.sqlite3"),
        (rb"\{\\rtf1", "application/rtf"),
        (rb"\x7fELF", "application/x-executable"),
        (rb"MZ[^\0]{0,61}\0", "application/vnd.microsoft.portable-executable"),
    )
)
#: A PDF begins anywhere in so many bytes, says its standard.
PDF_HEAD_BYTES = 1024
_ARCHIVES = frozenset({"application/zip", "application/epub+zip"})
#: What `media_type_of` tells apart.
MEDIA_TYPES = frozenset(media_type for _, media_type in _MARKS)


def foreign_format(head: bytes) -> str | None:
    """What a file that begins so is, with an article; None if it may be something that is read."""
    if head[_PALM_TYPE] == b"BOOKMOBI":
        return "a Kindle book"
    return next((what for mark, what in _FOREIGN.items() if head.startswith(mark)), None)


def media_type_of(head: bytes) -> str | None:
    """The media type of a file that begins so; None where the beginning does not tell.

    Give `HEAD_BYTES` of it, or all if it is shorter. Archives that have a type of their own, such
    as `docx`, are `application/zip`.
    """
    return next((named for mark, named in _MARKS if mark.match(head)), None)


def is_archive(head: bytes) -> bool:
    """Whether a file that begins so is a ZIP archive, also an empty one or a part of several."""
    return media_type_of(head[:HEAD_BYTES]) in _ARCHIVES


def is_pdf(head: bytes, *, is_claimed: bool) -> bool:
    """Whether a file that begins so is a PDF; give `PDF_HEAD_BYTES` of it.

    What is called one may have anything before its mark, as other files may mention that.
    """
    if is_claimed:
        return b"%PDF-" in head[:PDF_HEAD_BYTES]
    return media_type_of(head[:HEAD_BYTES]) == "application/pdf"
