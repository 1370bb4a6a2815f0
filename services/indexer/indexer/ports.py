"""What the business needs of the outside."""

from collections.abc import Iterator
from typing import Protocol


class WordFinder(Protocol):
    """Tells the words of a text apart."""

    def words(self, text: str) -> Iterator[str]:
        """The words in their order, without spaces and signs."""
