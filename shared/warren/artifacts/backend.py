"""The port between the store and where its bytes lie."""

from collections.abc import Callable, Generator, Iterable
from typing import Protocol


class Backend(Protocol):
    """A flat space of names with atomic writes. All but programming errors are StoreUnavailable."""

    def write(self, chunks: Iterable[bytes], name: Callable[[], str]) -> None:
        """Store the chunks under `name()`, which is asked for when all of them have passed.

        Readers see all or nothing; what was there under that name is replaced. When the chunks
        raise, nothing is left behind.
        """

    def create(self, name: str, data: bytes) -> bool:
        """Store `data` unless the name is taken; True if it was stored."""

    def read(self, name: str) -> Generator[bytes]:
        """The bytes in chunks; raises FileNotFoundError from the call itself, not on iteration."""

    def size(self, name: str) -> int:
        """Bytes stored under the name; raises FileNotFoundError."""

    def delete(self, name: str) -> None:
        """Remove the name, if it is there."""

    def sweep(self, older_than: float) -> int:
        """Remove what killed writers left more than `older_than` seconds ago; how many pieces."""
