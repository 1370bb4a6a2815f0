"""Half of a character, which JSON can say and nothing after it can write."""

import pytest

from gateway.faqs.reading import read_table
from gateway.faqs.table_files import UnreadableFile


def test_half_a_character_is_told_with_its_row_and_column() -> None:
    content = rb'[{"question": "Why?", "answer": "So."}, {"question": "\ud800", "answer": "So."}]'

    _, errors = read_table(content, "json")

    assert errors == [{"row": 2, "column": "question", "message": "is no text: it has U+D800"}]


def test_a_column_called_half_a_character_can_be_told() -> None:
    with pytest.raises(UnreadableFile) as refused:
        read_table(rb'[{"\ud800": "x"}]', "json")

    assert str(refused.value).encode() == b"it has no column 'question'; its columns are: ?"
