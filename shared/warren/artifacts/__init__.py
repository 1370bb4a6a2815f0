"""Content-addressed storage of files: written atomically, checked on read.

`open_store(url)` gives an `ArtifactStore` on a local folder or on an S3-compatible bucket. Stores
hold no connection and no lock: share one between threads, open one in each process.
"""

from warren.artifacts.errors import (
    ArtifactMissing,
    ArtifactTooLarge,
    CorruptArtifact,
    StoreUnavailable,
)
from warren.artifacts.hashing import Content
from warren.artifacts.opening import open_store
from warren.artifacts.store import ArtifactStore, StoredFile

__all__ = [
    "ArtifactMissing",
    "ArtifactStore",
    "ArtifactTooLarge",
    "Content",
    "CorruptArtifact",
    "StoreUnavailable",
    "StoredFile",
    "open_store",
]
