"""Reads the artifact store's folder."""

import hashlib
from pathlib import Path

from tests.chaos.evidence.kept import StoredFile

#: Of PNG, JPEG, WebP and WAV, and MP3.
_SIGNATURES = (b"\x89PNG", b"\xff\xd8\xff", b"RIFF", b"ID3", b"\xff\xfb", b"\xff\xf3")
_LONGEST_SIGNATURE = 4
_REMEMBERED = "remembered.json"


def read_files(folder: Path) -> list[StoredFile]:
    """All contents, hashed; unfinished files are not among them."""
    return [_stored(path) for path in sorted((folder / "sha256").rglob("*")) if path.is_file()]


def read_manifests(folder: Path) -> list[str]:
    """The ids of the tasks that have kept an outcome.

    What is remembered for whoever asks for the same again belongs to none.
    """
    kept = (folder / "manifests").glob("*/*.json")
    return sorted({path.parent.name for path in kept if path.name != _REMEMBERED})


def _stored(path: Path) -> StoredFile:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        file.seek(0)
        first = file.read(_LONGEST_SIGNATURE)
    has_lines, has_media = first[:1] == b"{", first.startswith(_SIGNATURES)
    return StoredFile(path.name, digest, path.stat().st_size, has_lines, has_media)
