"""Tables as spreadsheets of any place write them, and half characters, which only JSON can say."""

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


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("quote", ["", '"'])
def test_a_csv_is_parted_as_its_header_is_whatever_its_texts_have(
    delimiter: str, end: str, quote: str
) -> None:
    header = delimiter.join(f"{quote}{name}{quote}" for name in ("Question", "Answer", "id"))
    texts = ['"One, two, three, four?"', '"Five; six; seven; eight\tnine."', ""]
    content = f"{header}{end}{delimiter.join(texts)}{end}"

    (row,), errors = read_table(content.encode(), "csv")

    assert errors == []
    assert (row["question"], row["answer"]) == (
        "One, two, three, four?",
        "Five; six; seven; eight\tnine.",
    )


@pytest.mark.parametrize("header", ["question,answer;files", "question\tid;answer"])
def test_a_header_that_is_parted_by_two_things_is_refused(header: str) -> None:
    with pytest.raises(UnreadableFile) as refused:
        read_table(f"{header}\na,b;c\n".encode(), "csv")

    assert "use one of them" in str(refused.value)


def test_a_header_that_lacks_a_column_is_told_as_it_is_parted() -> None:
    with pytest.raises(UnreadableFile) as refused:
        read_table(b"question;reply, long\na;b\n", "csv")

    assert str(refused.value) == (
        "it has no column 'answer'; its columns are: question, reply, long"
    )
