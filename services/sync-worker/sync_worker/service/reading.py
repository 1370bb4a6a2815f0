"""From a stored or fetched file to what the chatbot gets of it."""

from dataclasses import dataclass
from pathlib import Path

from sync_worker.ports import LanguageGuesser, TextReader


@dataclass(frozen=True, slots=True)
class ReadText:
    """A text and what is known of it."""

    text: str
    media_type: str
    encoding: str | None
    language: str | None

    @property
    def characters(self) -> int:
        """Its length."""
        return len(self.text)


def read_text(
    path: Path, name: str, media_type: str, reader: TextReader, languages: LanguageGuesser
) -> ReadText:
    """The text of a file with its language; raises FileRefused naming the field."""
    found = reader.read(path, name, media_type)
    return ReadText(found.text, found.media_type, found.encoding, languages.language(found.text))
