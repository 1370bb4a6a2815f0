"""Reads speech, books and pictures: the gateway's tables, and what the files of tasks hold."""

import re
import wave
from collections.abc import Sequence
from pathlib import Path

import psycopg
from PIL import Image

from tests.chaos.evidence.domains import Book, Chapter, Description, DomainEvidence, Media, Picture
from tests.chaos.evidence.kept import Artifact

_BOOKS = """
SELECT id::text, user_id, state, task_id::text, total_chapters, descriptions_found,
    (result ->> 'descriptions_found')::integer
FROM books
"""
_CHAPTERS = "SELECT book_id::text, number, descriptions_found FROM book_chapters"
_DESCRIPTIONS = """
SELECT id::text, book_id::text, chapter, first_character, last_character, type
FROM book_descriptions
"""
_PICTURES = """
SELECT id::text, thumbnail_id::text, task_id::text, book_id::text, description_id::text, width,
    height
FROM generated_images
"""
#: Layer III of MPEG 1 or 2, after what may stand before its first frame.
_MPEG = re.compile(rb"ID3|\xff[\xf2\xf3\xfa\xfb]")
_MP3, _WAV = "audio/mpeg", "audio/wav"


def read_domains(database_url: str, folder: Path, artifacts: Sequence[Artifact]) -> DomainEvidence:
    """All of it, of a run that is at rest; `folder` is the artifact store's."""
    media: dict[str, Media] = {}
    damaged: dict[str, str] = {}
    for artifact in artifacts:
        if not artifact.media_type.startswith(("audio/", "image/")):
            continue
        try:
            media[artifact.sha256] = _media(_content(folder, artifact.sha256), artifact.media_type)
        except (OSError, ValueError, EOFError, wave.Error) as error:
            damaged[artifact.sha256] = repr(error)[:200]
    with psycopg.connect(database_url, connect_timeout=10) as connection:
        return DomainEvidence(
            books=[Book(*row) for row in connection.execute(_BOOKS)],
            chapters=[Chapter(*row) for row in connection.execute(_CHAPTERS)],
            descriptions=[
                Description(row[0], row[1], row[2:]) for row in connection.execute(_DESCRIPTIONS)
            ],
            pictures=[Picture(*row) for row in connection.execute(_PICTURES)],
            media=media,
            damaged=damaged,
        )


def _media(path: Path, claimed: str) -> Media:
    """What a file is, whatever it claims; raises what its reader raises."""
    if claimed.startswith("image/"):
        with Image.open(path) as picture:
            picture.load()
            return Media(f"image/{str(picture.format).lower()}", picture.width, picture.height)
    if claimed == _MP3:
        with path.open("rb") as file:
            if not _MPEG.match(file.read(4)):
                raise ValueError("it begins as no MP3 does")
        return Media(_MP3)
    with wave.open(str(path)) as recording:
        frames = recording.readframes(recording.getnframes())
        size = recording.getsampwidth() * recording.getnchannels()
        return Media(_WAV, seconds=len(frames) / size / recording.getframerate())


def _content(folder: Path, sha256: str) -> Path:
    return folder / "sha256" / sha256[:2] / sha256[2:4] / sha256
