"""The beginning of a chapter's text, wherever its line was cut off."""

import orjson
import pytest

from gateway.books import texts

TEXT = 'Башня \\\\"\n\x01\U0001f3f0 \\'


def test_a_text_is_cut_at_a_whole_character_wherever_its_line_ends() -> None:
    line = orjson.dumps({"title": "t", "text": TEXT * 3})
    start = line.index(b'"text":"') + len(b'"text":"')

    for end in range(start, len(line) - 2):
        shown = orjson.loads(texts._closed(line[:end]))["text"]
        assert (TEXT * 3).startswith(shown)
        assert len(shown) >= len(line[start:end]) // 6 - 1


def test_no_more_of_a_line_is_held_than_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(texts, "MOST_SHOWN", 10)
    line = orjson.dumps({"text": "x" * 1_000_000}) + b"\n"
    chunks = [line[i : i + 1_000] for i in range(0, len(line), 1_000)]

    held, is_whole = texts._first_line(chunks, 4_000)

    assert (len(held), is_whole) == (4_000, False)
    assert texts._text(chunks, 1_000_000, 0) == "x" * 10
