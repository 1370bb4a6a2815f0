"""What the database and the artifact store keep beside tasks and their history."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Artifact:
    """A row of `artifacts`."""

    id: str
    task: str | None
    name: str
    sha256: str
    size: int
    media_type: str = ""


@dataclass(frozen=True, slots=True)
class Live:
    """A row of `outbox`, `in_flight`, `publications` or `unique_keys`."""

    table: str
    task: str | None
    generation: int
    dispatch: int


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A row of `quarantined_status`."""

    id: int
    error: str
    body: str


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file of the artifact store: what it is called, and what its content hashes to."""

    name: str
    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class Upload:
    """A row of `artifacts` that the harness has made old; whether a task names its content."""

    artifact: str
    is_named: bool


@dataclass(frozen=True, slots=True)
class Erased:
    """A customer who was to be erased: how many rows tell of her, by table and column."""

    customer: str
    rows: Mapping[str, int]
