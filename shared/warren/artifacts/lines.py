"""Files of lines, such as JSON one object a line, without holding them whole."""

from collections.abc import Iterable, Iterator

from warren.errors import PermanentError

_LONGEST = 1 << 20


class LineTooLong(PermanentError):
    """It is no file of lines."""


def lines_of(chunks: Iterable[bytes], longest: int = _LONGEST) -> Iterator[bytes]:
    """The lines that are not empty, without their ends; raises LineTooLong beyond so many bytes."""
    rest = b""
    for chunk in chunks:
        *lines, rest = (rest + chunk).split(b"\n")
        if max(map(len, [*lines, rest])) > longest:
            raise LineTooLong(f"the file has a line of more than {longest:,} bytes")
        yield from (line for line in lines if line.strip())
    if rest.strip():
        yield rest
