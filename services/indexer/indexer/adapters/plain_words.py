"""Words as letters and digits in a row, in any script that puts spaces between them."""

import re
from collections.abc import Iterator

_WORD = re.compile(r"\w+(?:['’-]\w+)*")


class PlainWords:
    """A WordFinder that needs no dictionary."""

    def words(self, text: str) -> Iterator[str]:
        """The words in their order, without spaces and signs."""
        return (match.group() for match in _WORD.finditer(text))
