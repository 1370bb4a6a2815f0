"""Texts of files, by their content."""

from pathlib import Path

import pytest

from sync_worker.adapters.text_reader import FormatReader
from sync_worker.ports import Extracted
from tests.unit.sync_worker.files import (
    BEES,
    docx_file,
    encrypted_pdf,
    epub_file,
    pdf,
    written,
    xlsx_file,
)


def read(
    folder: Path, content: bytes, name: str = "file", media_type: str = "application/octet-stream"
) -> Extracted:
    reader = FormatReader(memory=512, max_characters=100_000, field="file")
    return reader.read(written(folder, content), name, media_type)


def test_a_text_in_utf_8(tmp_path: Path) -> None:
    found = read(tmp_path, "Ong nhảy múa.\r\n\r\n\r\n\r\nHoa nở.".encode())

    assert found == Extracted("Ong nhảy múa.\n\nHoa nở.", "text/plain", "utf-8")


@pytest.mark.parametrize(
    ("encoding", "known_as"),
    [("cp1251", "cp1251"), ("utf-16", "utf-16"), ("utf-8-sig", "utf-8"), ("koi8-r", "koi8-r")],
)
def test_a_russian_text_in_an_older_encoding(tmp_path: Path, encoding: str, known_as: str) -> None:
    text = "Пчёлы танцуют, чтобы показать другим, где растут цветы. " * 5

    found = read(tmp_path, text.encode(encoding))

    assert (found.text, found.encoding) == (text.strip(), known_as)


def test_markdown_stays_as_it_is_written(tmp_path: Path) -> None:
    found = read(tmp_path, b"# Bees\n\n* dance", "bees.md")

    assert (found.text, found.media_type) == ("# Bees\n\n* dance", "text/markdown")


def test_a_page_is_read_without_what_nobody_sees(tmp_path: Path) -> None:
    page = (
        "<!doctype html><title>Bees</title><script>var x;</script><style>p{}</style>"
        "<p>They <b>dance</b>.</p><template>no</template>"
    )

    found = read(tmp_path, page.encode(), "page.txt")

    assert found.media_type == "text/html"
    assert found.text.split() == ["Bees", "They", "dance", "."]


def test_a_page_that_names_its_encoding_is_read_in_it(tmp_path: Path) -> None:
    page = '<html><meta charset="windows-1251"><p>Пчёлы'.encode("cp1251")

    assert read(tmp_path, page).text == "Пчёлы"


def test_the_pages_of_a_pdf_in_their_order(tmp_path: Path) -> None:
    found = read(tmp_path, pdf(BEES, "Flowers open at dawn."), "report.docx")

    assert found.media_type == "application/pdf"
    assert found.text == f"{BEES}\nFlowers open at dawn."


def test_a_pdf_behind_a_byte_order_mark(tmp_path: Path) -> None:
    content = b"\xef\xbb\xbf" + pdf(BEES)

    assert read(tmp_path, content).media_type == "application/pdf"


def test_a_text_that_tells_how_a_pdf_begins_is_a_text(tmp_path: Path) -> None:
    content = b"A PDF begins with %PDF-1.7, somewhere in its first kilobyte."

    assert read(tmp_path, content, "notes.txt", "text/plain").text == content.decode()


def test_a_word_document_that_begins_as_one_part_of_several(tmp_path: Path) -> None:
    content = b"PK00" + docx_file(BEES)

    assert read(tmp_path, content).text == read(tmp_path, content[4:]).text


def test_a_pdf_that_is_only_protected_against_editing(tmp_path: Path) -> None:
    assert BEES in read(tmp_path, encrypted_pdf("")).text


def test_paragraphs_and_tables_of_a_word_document(tmp_path: Path) -> None:
    found = read(tmp_path, docx_file(BEES, table=[["bee", "пчела"]]))

    assert found.text == f"{BEES}\nbee\tпчела"


def test_rows_of_a_workbook(tmp_path: Path) -> None:
    found = read(tmp_path, xlsx_file([["flower", "opens"], ["rose", 6.5], [None, None]]))

    assert found.text == "Sheet\nflower\topens\nrose\t6.5"


def test_rows_of_a_table_with_semicolons(tmp_path: Path) -> None:
    found = read(tmp_path, b'flower;opens\n"rose; red";6\n', "t.csv", "text/csv")

    assert (found.text, found.media_type) == ("flower\topens\nrose; red\t6", "text/csv")


def test_values_of_json_with_the_path_to_them(tmp_path: Path) -> None:
    found = read(tmp_path, b'{"bee": {"does": ["dance", "fly"]}, "no": null}', "b.json")

    assert found.text == "bee.does: dance\nbee.does: fly"


def test_chapters_of_a_book_in_their_reading_order(tmp_path: Path) -> None:
    assert read(tmp_path, epub_file("First.", "Second.")).text == "First.\nSecond."
