"""Name and media type of an upload, as far as its client gave them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import Message
from pathlib import PurePosixPath
from urllib.parse import quote

_MEDIA_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+(\s*;\s*[\w-]+=(\"[^\"\\]*\"|[\w.+-]+))*", re.ASCII)
UNKNOWN_TYPE = "application/octet-stream"
#: What HTTP clients send when nobody told them what the body is.
_MEANINGLESS = frozenset({"application/x-www-form-urlencoded", "multipart/form-data"})
_MAX_NAME = 255


@dataclass(frozen=True, slots=True)
class UploadName:
    """What a stored file is called and said to be; `recognised` by who has read all of it."""

    name: str
    media_type: str
    recognised: bool = False

    @classmethod
    def of(
        cls, name: str | None, media_type: str | None, *, recognised: bool = False
    ) -> "UploadName":
        """Clean both up: no folders, no control characters, nothing that is no media type."""
        given = (media_type or "").strip()
        bare = given.partition(";")[0].strip().lower()
        usable = len(given) <= _MAX_NAME and _MEDIA_TYPE.fullmatch(given)
        known = given if usable and bare not in _MEANINGLESS else UNKNOWN_TYPE
        return cls(clean_name(name), known, recognised)


def clean_name(name: str | None) -> str:
    """The last part of a path, printable, at most 255 characters; "upload" if nothing is left."""
    last = PurePosixPath((name or "").replace("\\", "/")).name
    printable = "".join(c for c in last if c.isprintable()).strip()
    return printable[-_MAX_NAME:] if printable not in {"", ".", ".."} else "upload"


def disposition_filename(headers: Mapping[str, str]) -> str | None:
    """The file's name in a Content-Disposition header (RFC 6266, also `filename*`).

    None if there is none that can be read.
    """
    message = Message()
    message["content-disposition"] = headers.get("content-disposition", "")
    try:
        return message.get_filename()
    except (UnicodeError, LookupError):
        # `filename*` may name any codec of Python, and some of these fail whatever they are told.
        return None


def field_name(headers: Mapping[str, str]) -> str | None:
    """The name of a form's field in a Content-Disposition header; None if there is none."""
    message = Message()
    message["content-disposition"] = headers.get("content-disposition", "")
    name = message.get_param("name", header="content-disposition")
    return name if isinstance(name, str) and name else None


def attachment(name: str) -> str:
    """A Content-Disposition header that offers the file for download under `name`."""
    ascii_name = re.sub(r'[^\x20-\x7e]|["\\]', "_", name)
    return f"attachment; filename=\"{ascii_name}\"; filename*=UTF-8''{quote(name, safe='')}"
