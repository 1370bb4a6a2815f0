"""Bodies of bulks, good and hostile; no server is needed to read them."""

import io
import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.catalogue.bulk_reading import read_json_items, read_ndjson
from gateway.problems import Problem

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=20),
    lambda children: (
        st.lists(children, max_size=3) | st.dictionaries(st.text(max_size=5), children, max_size=3)
    ),
    max_leaves=8,
)


def _values(body: bytes) -> list[Any]:
    return [item.fault.field if item.fault else item.value for item in read_json_items(body)]


@given(st.lists(_JSON, min_size=1, max_size=6), st.integers(0, 6))
def test_one_bad_element_leaves_the_others_as_they_are(items: list[Any], place: int) -> None:
    good = [item for item in items if "\x00" not in json.dumps(item).replace("\\u0000", "\x00")]
    texts = [json.dumps(item) for item in good]
    place = min(place, len(texts))
    texts.insert(place, '{"id": "cut')

    # An unended text swallows the end of the list: nothing is read
    with pytest.raises(Problem):
        _values(('{"items": [' + ", ".join(texts[: place + 1]) + "]}").encode())
    texts[place] = "{oops}"
    body = ('{"items": [' + ", ".join(texts) + "]}").encode()

    read = list(read_json_items(body))

    assert [item.position for item in read] == list(range(len(texts)))
    assert read[place].fault is not None
    assert [item.value for item in read if item.fault is None] == good


def test_lines_are_read_one_by_one_with_their_own_faults() -> None:
    lines = b'{"id": "a"}\n\nnot json\n{"id": "b"}\r\n"c"'

    read = list(read_ndjson(io.BytesIO(lines)))

    assert [item.position for item in read] == [0, 2, 3, 4]
    assert [item.value for item in read] == [{"id": "a"}, None, {"id": "b"}, "c"]
    assert read[1].fault is not None


def test_a_line_without_an_end_is_not_held_whole() -> None:
    class Endless(io.RawIOBase):
        """Ten megabytes without a line break, then a good line."""

        left = 10 * 1024 * 1024

        def readline(self, size: int | None = -1, /) -> bytes:
            assert size is not None
            assert 0 < size <= 1024 * 1024
            if self.left > 0:
                self.left -= size
                return b"x" * (size - 1) + (b"x" if self.left > 0 else b"\n")
            tail, self.tail = self.tail, b""
            return tail

        tail = b'{"id": "a"}\n'

    read = list(read_ndjson(Endless()))  # type: ignore[arg-type]

    assert [item.fault is None for item in read] == [False, True]


@pytest.mark.parametrize("levels", [2_000, 200_000])
def test_a_deep_item_is_refused_quickly_with_its_field(levels: int) -> None:
    deep = '{"id": "a", "tree": ' + "[" * levels + "]" * levels + "}"
    started = time.monotonic()

    values = _values(('{"items": [' + deep + ', {"id": "b"}]}').encode())

    assert values == ["tree", {"id": "b"}]
    assert time.monotonic() - started < 5


def test_many_quotes_do_not_take_long() -> None:
    started = time.monotonic()

    with pytest.raises(Problem):
        _values(b'{"items": [' + b'"\\' * 500_000)

    assert time.monotonic() - started < 10


def test_an_item_that_has_a_key_twice_is_refused_by_name() -> None:
    lines = b'{"id": "a", "name": "b"}\n{"id": "c", "id": "d:e"}\n'

    good, bad = read_ndjson(io.BytesIO(lines))

    assert good.value == {"id": "a", "name": "b"}
    assert bad.fault is not None
    assert bad.fault.field == "id"


@pytest.mark.parametrize(
    "body",
    [
        b'{"items": [], "items": [{"id": "a"}]}',
        b'{"items": [{"id": "a", "id": "b"}]}',
        b'{"items": [{"id": "a", "id": ' + b"[" * 500 + b"]" * 500 + b"}]}",
    ],
)
def test_a_body_that_has_a_key_twice_is_refused(body: bytes) -> None:
    with pytest.raises(Problem, match="twice"):
        _values(body)


def test_a_body_too_deep_to_be_looked_through_is_read() -> None:
    # What is too deep in an item is told of the item, elsewhere
    assert len(_values(b'{"items": [' + b"[" * 900 + b"]" * 900 + b"]}")) == 1
