"""Reads the artifact store's folder."""

import hashlib
from pathlib import Path

from tests.chaos.evidence.model import StoredFile


def read_files(folder: Path) -> list[StoredFile]:
    """All contents, hashed; unfinished files are not among them."""
    return [_stored(path) for path in sorted((folder / "sha256").rglob("*")) if path.is_file()]


def read_manifests(folder: Path) -> list[str]:
    """The ids of the tasks that have kept an outcome."""
    return sorted({path.parent.name for path in (folder / "manifests").glob("*/*.json")})


def _stored(path: Path) -> StoredFile:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        file.seek(0)
        has_lines = file.read(1) == b"{"
    return StoredFile(path.name, digest, path.stat().st_size, has_lines)
