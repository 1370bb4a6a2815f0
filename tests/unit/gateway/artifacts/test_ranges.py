"""Range headers."""

import pytest

from gateway.artifacts.ranges import cut, requested_range
from gateway.problems import RangeNotSatisfiable


@pytest.mark.parametrize(
    ("header", "wanted"),
    [
        ("bytes=0-0", range(1)),
        ("bytes=2-", range(2, 10)),
        ("bytes=-3", range(7, 10)),
        ("bytes=-99", range(10)),
        ("bytes=8-99", range(8, 10)),
        (None, None),
        ("bytes=-", None),
        ("bytes=5-2", None),
        ("bytes=0-1,4-5", None),
        ("lines=0-1", None),
        ("bytes=" + "9" * 5000 + "-", None),
        ("bytes=-" + "9" * 5000, None),
    ],
)
def test_a_header_asks_for_bytes_or_for_all(header: str | None, wanted: range | None) -> None:
    assert requested_range(header, 10) == wanted


@pytest.mark.parametrize(("header", "size"), [("bytes=10-", 10), ("bytes=-0", 10), ("bytes=0-", 0)])
def test_a_range_beyond_the_end_is_an_error(header: str, size: int) -> None:
    with pytest.raises(RangeNotSatisfiable):
        requested_range(header, size)


@pytest.mark.parametrize("wanted", [range(3), range(2, 7), range(9, 10), range(10)])
def test_a_stream_is_cut_at_any_point(wanted: range) -> None:
    assert (
        b"".join(cut([b"012", b"", b"3456", b"789"], wanted))
        == b"0123456789"[wanted.start : wanted.stop]
    )
