"""What a clean-up reports, and its sum while it goes on."""

import time
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from pydantic import BaseModel

#: More are only counted.
_MOST_ERRORS = 20


class CleaningReport(BaseModel):
    """What was deleted; with `dry_run`, what would be at most: files may be shared.

    `freed_space` is in bytes. Files lie in the trash for some days before they are gone for good.
    """

    dry_run: bool
    deleted_files: int
    freed_space: int
    freed_space_mb: float
    deleted_requests: int
    deletion_time_seconds: float
    errors: list[str]


@dataclass(slots=True)
class Tally:
    """Adds up one run. `requests` are tasks whose files were deleted."""

    dry_run: bool
    files: int = 0
    bytes: int = 0
    requests: set[UUID] = field(default_factory=set)
    errors: list[str] = field(default_factory=list)
    _started: float = field(default_factory=time.monotonic)

    def add_file(self, size: int) -> None:
        """A file of `size` bytes has gone."""
        self.files += 1
        self.bytes += size

    def add_error(self, error: Exception) -> None:
        """Something stays as it is; the next run tries again."""
        if len(self.errors) < _MOST_ERRORS:
            self.errors.append(str(error))

    @property
    def report(self) -> dict[str, Any]:
        """The fields of a CleaningReport."""
        return {
            "dry_run": self.dry_run,
            "deleted_files": self.files,
            "freed_space": self.bytes,
            "freed_space_mb": round(self.bytes / 2**20, 2),
            "deleted_requests": len(self.requests),
            "deletion_time_seconds": round(time.monotonic() - self._started, 3),
            "errors": self.errors,
        }
