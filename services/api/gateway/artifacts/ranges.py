"""Range requests (RFC 9110, section 14), one range at a time."""

import re
from collections.abc import Iterable, Iterator

from gateway.problems import RangeNotSatisfiable

_RANGE = re.compile(r"bytes=(\d{0,19})-(\d{0,19})", re.ASCII)


def requested_range(header: str | None, size: int) -> range | None:
    """The bytes asked for; None means all of them, as for anything that is not understood.

    Raises RangeNotSatisfiable when the range lies beyond the end.
    """
    match = _RANGE.fullmatch(header.strip()) if header else None
    if match is None or match.groups() == ("", ""):
        return None
    first, last = match.groups()
    if first:
        start, stop = int(first), int(last) + 1 if last else size
    else:
        start, stop = max(0, size - int(last)), size
    if first and last and int(last) < int(first):
        return None
    if start >= size:
        raise RangeNotSatisfiable(
            f"the file has {size} bytes", headers={"Content-Range": f"bytes */{size}"}
        )
    return range(start, min(stop, size))


def cut(chunks: Iterable[bytes], wanted: range) -> Iterator[bytes]:
    """The wanted bytes of a stream, which is not read further than needed."""
    position = 0
    for chunk in chunks:
        piece = chunk[max(0, wanted.start - position) : max(0, wanted.stop - position)]
        position += len(chunk)
        if piece:
            yield piece
        if position >= wanted.stop:
            return
