"""A folder of artifacts that takes no more than so much, where no disk of its own may be mounted.

See sitecustomize.py.
"""

import contextlib
import errno
import os
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import Any

from warren.artifacts import folder, opening


class LimitedFolder(folder.FolderBackend):
    """Refuses what would make its folder larger than `limit` bytes as a full disk does.

    What others put beside it counts. Two that write at once may exceed it by what they write.
    """

    def __init__(self, path: Path, limit: int) -> None:
        super().__init__(path)
        self._limit = limit

    def _temporary(self, chunks: Iterable[bytes]) -> AbstractContextManager[Path]:  # type: ignore[override]
        return super()._temporary(self._as_long_as_there_is_room(chunks))

    def _as_long_as_there_is_room(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        used = _size_of(self._folder)
        for chunk in chunks:
            used += len(chunk)
            if used > self._limit:
                with folder._unavailable(self._incoming):
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            yield chunk


def _size_of(root: Path) -> int:
    """Bytes of all files; others write and delete meanwhile."""
    size = 0
    for place, _, names in os.walk(root):
        for name in names:
            with contextlib.suppress(FileNotFoundError):
                size += Path(place, name).stat().st_size
    return size


def limit_stores(size: int) -> None:
    """From now on, whatever opens a store in a folder opens one with that limit."""
    replaced: Any = opening
    replaced.FolderBackend = partial(LimitedFolder, limit=size)
