"""Texts that came as such, and what all texts are freed from."""

import re
import unicodedata
from pathlib import Path

from sync_worker.adapters.formats.decoding import is_text
from sync_worker.errors import NoText, TooLarge, UnknownFormat
from sync_worker.ports import Extracted

_ENDS = re.compile(r"\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_UNSEEN = re.compile("[\x00-\x08\x0e-\x1f\x7f\ufeff\ufffe\uffff]|[\ud800-\udfff]")
_TRAILING = re.compile(r"[ \t\xa0]+\n")
_EMPTY_LINES = re.compile(r"\n{3,}")
_UTF_8_LONGEST = 4


class PlainText:
    """Implements `TextReader` for UTF-8 that is a text whatever it looks like."""

    def __init__(self, *, max_characters: int, field: str) -> None:
        self._max_characters = max_characters
        self._field = field

    def read(self, path: Path, name: str, media_type: str) -> Extracted:
        if path.stat().st_size > _UTF_8_LONGEST * self._max_characters:
            raise self._too_large()
        try:
            text = path.read_bytes().decode("utf-8-sig")
        except UnicodeDecodeError as error:
            place = f"byte {error.start}"
            raise UnknownFormat(f"the text is not UTF-8, see {place}", field=self._field) from None
        if not is_text(text):
            raise UnknownFormat("the text holds binary data", field=self._field)
        text = with_words(cleaned(text), self._field)
        if len(text) > self._max_characters:
            raise self._too_large()
        return Extracted(text, "text/plain", "utf-8")

    def _too_large(self) -> TooLarge:
        return TooLarge(
            f"the text has more than {self._max_characters} characters: split it",
            field=self._field,
        )


def cleaned(text: str) -> str:
    """One kind of line end, no unseen characters, composed letters, no heaps of empty lines."""
    text = _UNSEEN.sub("", _ENDS.sub("\n", text))
    text = _TRAILING.sub("\n", unicodedata.normalize("NFC", text))
    return _EMPTY_LINES.sub("\n\n", text).strip()


def with_words(text: str, field: str, advice: str = "") -> str:
    """The text; raises NoText if there is no letter or digit in it."""
    if any(map(str.isalnum, text)):
        return text
    raise NoText(f"there is no text in it{advice}", field=field)
