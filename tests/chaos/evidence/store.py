"""Reads the artifact store's folder."""

import hashlib
from pathlib import Path

from tests.chaos.evidence.kept import StoredFile

_REMEMBERED = "remembered.json"


def read_files(folder: Path) -> list[StoredFile]:
    """All contents, hashed; neither unfinished files nor the trash are among them."""
    return [_stored(path) for path in sorted((folder / "sha256").rglob("*")) if path.is_file()]


def read_trash(folder: Path) -> list[StoredFile]:
    """Contents that were thrown away and come back when somebody reads them."""
    return read_files(folder / "trash")


def read_manifests(folder: Path) -> list[str]:
    """The ids of the tasks that have kept an outcome.

    What is remembered for whoever asks for the same again belongs to none.
    """
    kept = (folder / "manifests").glob("*/*.json")
    return sorted({path.parent.name for path in kept if path.name != _REMEMBERED})


def _stored(path: Path) -> StoredFile:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return StoredFile(path.name, digest, path.stat().st_size)
