"""Files that nobody here reads, by their first bytes: to tell somebody what was sent instead."""

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


def foreign_format(head: bytes) -> str | None:
    """What a file that begins so is, with an article; None if it may be something that is read."""
    if head[_PALM_TYPE] == b"BOOKMOBI":
        return "a Kindle book"
    return next((what for mark, what in _FOREIGN.items() if head.startswith(mark)), None)
