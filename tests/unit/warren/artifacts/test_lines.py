"""Files of lines, however they are cut into chunks."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from warren.artifacts.lines import LineTooLong, lines_of


@given(st.lists(st.sampled_from([b"a", b"bc", b"\n", b"\n\n", b" ", b"d\ne"]), max_size=12))
def test_chunks_cut_no_line(chunks: list[bytes]) -> None:
    whole = [line for line in b"".join(chunks).split(b"\n") if line.strip()]

    assert list(lines_of(chunks)) == whole


def test_a_file_without_ends_of_lines_is_not_held() -> None:
    passed = 0

    def endless() -> Iterator[bytes]:
        nonlocal passed
        while True:
            passed += 1
            yield b"x" * 65_536

    with pytest.raises(LineTooLong, match="more than 1,048,576 bytes"):
        list(lines_of(endless()))
    assert passed == 17
