"""Parsing bodies: every way to be bad has an answer of its own."""

import pytest

from gateway.json_body import MAX_DEPTH, parse_object
from gateway.problems import BodyNotUtf8, BodyTooDeep, InvalidFields, MalformedBody, Problem


def _refusal(body: bytes) -> Problem:
    with pytest.raises(Problem) as caught:
        parse_object(body)
    return caught.value


def test_an_object_is_parsed() -> None:
    assert parse_object('{"a": [1, "ж", null]}'.encode()) == {"a": [1, "ж", None]}


@pytest.mark.parametrize(
    "body", [b"", b"{", b"NaN", b"[Infinity]", b"1e999", b'"a"', b"[]", b"{}}"]
)
def test_what_is_no_json_object_is_malformed(body: bytes) -> None:
    assert isinstance(_refusal(body), MalformedBody)


def test_bytes_that_are_not_utf8_are_told_with_their_field() -> None:
    refusal = _refusal(b'{"a": {"b": ["ok", "\xff"]}}')
    assert isinstance(refusal, BodyNotUtf8)
    assert [error.field for error in refusal.errors] == ["a.b[1]"]


@pytest.mark.parametrize("escape", [rb"\u0000", rb"\ud800", rb"\udfff"])
def test_text_that_cannot_be_stored_is_refused_with_its_field(escape: bytes) -> None:
    refusal = _refusal(b'{"payload": {"list": [{"text": "a' + escape + b'"}]}}')
    assert isinstance(refusal, InvalidFields)
    assert [error.field for error in refusal.errors] == ["payload.list[0].text"]


def test_keys_are_text_too() -> None:
    refusal = _refusal(rb'{"a\u0000b": 1}')
    assert [error.field for error in refusal.errors] == ["a\\u0000b"]


def test_an_escaped_backslash_before_u0000_is_harmless() -> None:
    assert parse_object(rb'{"a": "\\u0000"}') == {"a": "\\u0000"}


@pytest.mark.parametrize("depth", [MAX_DEPTH + 2, 900, 5000])
def test_deep_nesting_is_refused(depth: int) -> None:
    assert isinstance(_refusal(b'{"a":' + b"[" * depth + b"]" * depth + b"}"), BodyTooDeep)


@pytest.mark.parametrize(
    ("body", "key"),
    [
        (b'{"kind": "a", "kind": "b"}', "kind"),
        (b'{"a": [{"b": {"lane": "low", "text": "x: y", "lane": "critical"}}]}', "lane"),
        # The same key, written in another way
        (rb'{"kind": "a", "k\u0069nd": "b"}', "kind"),
        # A colon in a text, to make up for the one that is dropped
        (rb'{"kind": "a\u003A", "kind": "b\u003a"}', "kind"),
        (b'{"": 1, "": 2}', "body"),
        (b'{"n": ' + b"9" * 30 + b', "a": 1, "a": ":"}', "a"),
    ],
)
def test_a_key_that_stands_twice_is_refused_by_name(body: bytes, key: str) -> None:
    refusal = _refusal(body)
    assert isinstance(refusal, MalformedBody)
    assert [error.field for error in refusal.errors] == [key]


def test_the_same_key_in_several_objects_is_no_repetition() -> None:
    text = b'{"a": {"id": "1:2"}, "b": [{"id": 1}, {"id": ":"}]}'
    assert parse_object(text)["a"] == {"id": "1:2"}


def test_wide_bodies_are_not_deep() -> None:
    assert len(parse_object(b'{"a": [' + b"[]," * 500 + b"[]]}")["a"]) == 501
