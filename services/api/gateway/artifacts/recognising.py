"""Under which media type an upload is kept: its content is believed before its client."""

import re
from collections.abc import Iterator

from gateway.artifacts.naming import UNKNOWN_TYPE
from warren.file_signatures import (
    HEAD_BYTES,
    MEDIA_TYPES,
    PDF_HEAD_BYTES,
    is_pdf,
    media_type_of,
)

#: What a content may be called, too, by what its first bytes say: other names, and what is kept in
#: such a frame.
_ALSO = {
    "image/jpeg": r"image/p?jpg|image/pjpeg",
    "image/tiff": r"image/.+",
    "audio/wav": r"audio/(x-wav|wave|vnd\.wave)",
    "audio/mpeg": r"audio/(mp3|x-mp3|mpeg3|x-mpeg)",
    "audio/flac": r"audio/x-flac",
    "audio/ogg": r"(audio|video|application)/.+",
    "video/webm": r"(audio|video)/.+",
    "video/mp4": r"(audio|video|image)/.+",
    "application/pdf": r"application/(x-pdf|vnd\.adobe.+|illustrator)",
    "application/zip": r"(application|model|font)/.+",
    "application/gzip": r"(application|image)/.+",
    "application/x-bzip2": r"application/.+",
    "application/x-xz": r"application/.+",
    "application/vnd.rar": r"application/x-(rar|cbr).*|application/vnd\.comicbook-rar",
    "application/rtf": r"text/(rtf|richtext)|application/(x-rtf|msword)",
    "application/x-executable": r"application/.+",
    "application/vnd.microsoft.portable-executable": r"application/.+",
    "application/vnd.sqlite3": r"application/.+",
}
#: Files of these begin as they should, or are none. Archives may have anything before them.
_ALWAYS_TOLD = frozenset(
    {
        *("image/png", "image/jpeg", "image/jpg", "image/gif", "image/webp", "image/tiff"),
        *("audio/wav", "audio/x-wav", "application/pdf", "application/epub+zip"),
        *("application/gzip", "application/x-7z-compressed", "application/vnd.sqlite3"),
    }
)


class Beginning:
    """Looks at a content as it passes, and keeps its first bytes."""

    def __init__(self) -> None:
        self._head = b""

    def of(self, pieces: Iterator[bytes]) -> Iterator[bytes]:
        """The same pieces."""
        for piece in pieces:
            if len(self._head) < PDF_HEAD_BYTES:
                self._head += piece[: PDF_HEAD_BYTES - len(self._head)]
            yield piece

    def kept_type(self, claimed: str) -> str:
        """The claim where the content does not contradict it, else what the content is.

        `application/octet-stream` where that is not known either.
        """
        found = media_type_of(self._head[:HEAD_BYTES])
        bare = claimed.partition(";")[0].strip().lower()
        if found is None:
            return claimed if self._may_be(bare) else UNKNOWN_TYPE
        return claimed if _may_be_called(bare, found) else found

    def _may_be(self, claimed: str) -> bool:
        if claimed == "application/pdf":
            return is_pdf(self._head, is_claimed=True)
        return claimed not in _ALWAYS_TOLD


def _may_be_called(claimed: str, found: str) -> bool:
    if claimed in {found, UNKNOWN_TYPE} or claimed in MEDIA_TYPES - {"application/epub+zip"}:
        return claimed == found
    return re.fullmatch(_ALSO.get(found, found), claimed) is not None
