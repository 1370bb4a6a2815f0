"""What a book's file is, by its content."""

import pytest

from gateway.books.problems import UnusableBook
from gateway.books.recognition import BookFormat, BookRecogniser
from tests.unit.nlp_worker.epubs import Epub, page, zipped

EPUB = Epub({"a.xhtml": page("<p>Text.</p>")}).content()
FB2 = (
    '<?xml version="1.0"?>\n<FictionBook><body><section><p>Текст</p></section></body></FictionBook>'
)


def recognised(content: bytes, pieces: int = 7) -> BookFormat:
    recogniser = BookRecogniser()
    for start in range(0, len(content), pieces):
        recogniser.feed(content[start : start + pieces])
    return recogniser.book_format()


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (EPUB, BookFormat.EPUB),
        (FB2.encode(), BookFormat.FB2),
        (FB2.encode("utf-16"), BookFormat.FB2),
        ("\ufeffЖил-был старик.".encode(), BookFormat.TEXT),
        ("Жил-был старик. ".encode("cp1251") * 20, BookFormat.TEXT),
        (b"Once upon a time.", BookFormat.TEXT),
        (b"PK was what they called him.", BookFormat.TEXT),
        (b"PK00" + EPUB, BookFormat.EPUB),
    ],
)
@pytest.mark.parametrize("pieces", [1, 5_000])
def test_a_book_is_recognised_however_it_comes(
    content: bytes, expected: BookFormat, pieces: int
) -> None:
    assert recognised(content, pieces) is expected


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b" \n ", "is empty"),
        (EPUB[:-60], "is cut off"),
        (zipped({"word/document.xml": "<w/>"}), "wordprocessingml"),
        (zipped({"a.txt": "a"}), "is an archive without META-INF/container.xml"),
        (b"%PDF-1.7 and more", "is application/pdf"),
        (b"<!DOCTYPE html><html>", "is text/html"),
        (b"\x00\x01\x02" * 100, "is neither text nor an EPUB"),
    ],
)
def test_what_is_no_book_is_refused(content: bytes, said: str) -> None:
    with pytest.raises(UnusableBook) as refused:
        recognised(content)

    assert refused.value.errors[0].field == "file"
    assert said in refused.value.errors[0].message
