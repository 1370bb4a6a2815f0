"""The port between the store and where its bytes lie."""

from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Entry:
    """What is stored under a name: `size` in bytes, written `age` seconds ago."""

    name: str
    size: int
    age: float


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

    def delete_folder(self, prefix: str) -> None:
        """Remove every name below the folder `prefix`, and the folder, if they are there."""

    def move(self, name: str, target: str) -> bool:
        """Give what is stored another name, replacing what has that; False if there is nothing."""

    def copy(self, name: str, target: str) -> bool:
        """Give what is stored a second name, unless that is taken; False if there is nothing."""

    def entries(self, prefix: str) -> Iterator[Entry]:
        """Everything below the folder `prefix`, in no order; what comes or goes may be missed."""

    def sweep(self, older_than: float) -> int:
        """Remove what killed writers left more than `older_than` seconds ago; how many pieces."""
