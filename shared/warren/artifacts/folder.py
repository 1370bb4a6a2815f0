"""Files in a local folder.

Not obstore's LocalStore: a content's name is known only when the last byte has passed, and what a
power cut leaves must be a whole file or none, which takes a temporary file, an fsync of the file
and of its folder, and a rename of our own.
"""

import contextlib
import os
import shutil
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from pathlib import Path
from uuid import uuid4

from warren.artifacts.backend import Entry
from warren.artifacts.errors import StoreUnavailable
from warren.artifacts.hashing import CHUNK_SIZE


class FolderBackend:
    """Implements `Backend`. Unfinished files lie in `incoming/`, on the same file system."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.absolute()
        self._incoming = self._folder / "incoming"

    def write(self, chunks: Iterable[bytes], name: Callable[[], str]) -> None:
        with self._temporary(chunks) as temporary:
            target = self._folder / name()
            with _unavailable(target):
                _make_folder(target.parent)
                temporary.replace(target)
                _sync_folder(target.parent)

    def create(self, name: str, data: bytes) -> bool:
        target = self._folder / name
        with self._temporary((data,)) as temporary, _unavailable(target):
            _make_folder(target.parent)
            try:
                # Unlike a rename, a link fails if the name is taken.
                os.link(temporary, target)
            except FileExistsError:
                return False
            _sync_folder(target.parent)
        return True

    def read(self, name: str) -> Generator[bytes]:
        chunks = _opened(self._folder / name)
        next(chunks)
        return chunks

    def size(self, name: str) -> int:
        path = self._folder / name
        with _unavailable(path, except_when_missing=True):
            return path.stat().st_size

    def delete(self, name: str) -> None:
        path = self._folder / name
        with _unavailable(path):
            path.unlink(missing_ok=True)

    def delete_folder(self, prefix: str) -> None:
        path = self._folder / prefix
        with _unavailable(path), contextlib.suppress(FileNotFoundError):
            shutil.rmtree(path)

    def move(self, name: str, target: str) -> bool:
        source, path = self._folder / name, self._folder / target
        with _unavailable(source):
            if not source.exists():
                return False
            _make_folder(path.parent)
            try:
                source.replace(path)
            except FileNotFoundError:
                return False  # somebody else has just moved it
            _sync_folder(path.parent)
            _sync_folder(source.parent)
        return True

    def copy(self, name: str, target: str) -> bool:
        source, path = self._folder / name, self._folder / target
        with _unavailable(source):
            if not source.exists():
                return False
            _make_folder(path.parent)
            try:
                # Files are never written in place: a link is as good as a copy.
                os.link(source, path)
            except FileExistsError:
                return True
            except FileNotFoundError:
                return False  # somebody else has just removed it
            _sync_folder(path.parent)
        return True

    def entries(self, prefix: str) -> Iterator[Entry]:
        now = time.time()
        with _unavailable(self._folder / prefix):
            for folder, _, names in os.walk(self._folder / prefix):
                for name in names:
                    path = Path(folder, name)
                    with contextlib.suppress(FileNotFoundError):
                        stat = path.stat()
                        relative = path.relative_to(self._folder).as_posix()
                        yield Entry(relative, stat.st_size, now - stat.st_mtime)

    def sweep(self, older_than: float) -> int:
        if not self._incoming.is_dir():
            return 0
        oldest = time.time() - older_than
        with _unavailable(self._incoming):
            return sum(_remove_if_older(path, oldest) for path in self._incoming.iterdir())

    @contextlib.contextmanager
    def _temporary(self, chunks: Iterable[bytes]) -> Iterator[Path]:
        """A synced file that holds the chunks; whatever happens, it is gone afterwards."""
        path = self._incoming / uuid4().hex
        with _unavailable(path):
            _make_folder(self._incoming)
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
        try:
            with os.fdopen(descriptor, "wb", buffering=0) as file:
                for chunk in chunks:
                    _write(descriptor, chunk, path)
                with _unavailable(path):
                    os.fsync(file.fileno())
            yield path
        finally:
            with contextlib.suppress(FileNotFoundError):
                path.unlink()


def _write(descriptor: int, chunk: bytes, path: Path) -> None:
    rest = memoryview(chunk)
    with _unavailable(path):
        while rest:
            rest = rest[os.write(descriptor, rest) :]


def _opened(path: Path) -> Generator[bytes]:
    """Yields once, without bytes, when the file is open, so that the caller sees if it is not."""
    with _unavailable(path, except_when_missing=True), path.open("rb") as file:
        yield b""
        while chunk := file.read(CHUNK_SIZE):
            yield chunk


def _make_folder(folder: Path) -> None:
    """Create the folder and make it last: each new entry needs a sync of the folder it is in."""
    if folder.is_dir():
        return
    _make_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    _sync_folder(folder.parent)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _remove_if_older(path: Path, oldest: float) -> bool:
    with contextlib.suppress(FileNotFoundError):
        if path.stat().st_mtime < oldest:
            path.unlink()
            return True
    return False


@contextlib.contextmanager
def _unavailable(path: Path, *, except_when_missing: bool = False) -> Iterator[None]:
    """Says which file the operating system refused, and why."""
    try:
        yield
    except OSError as error:
        if except_when_missing and isinstance(error, FileNotFoundError):
            raise
        raise StoreUnavailable(
            f"the artifact store cannot use {path}: {error.strerror or error}. "
            "Free space, or repair the folder that WARREN_ARTIFACTS_URL names",
            retry_after=5.0,
        ) from error
