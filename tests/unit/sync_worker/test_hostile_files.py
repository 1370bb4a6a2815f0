"""Files that would harm their reader: refused with their field, in bounded time and memory."""

import json
import resource
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest

from sync_worker.adapters.text_reader import FormatReader
from sync_worker.errors import (
    BrokenFile,
    EncryptedFile,
    FileRefused,
    NoText,
    TooLarge,
    UnknownFormat,
)
from tests.unit.sync_worker.files import (
    BEES,
    bomb,
    docx_file,
    encrypted_pdf,
    pdf,
    with_part,
    written,
    xlsx_file,
    zipped,
)
from warren.errors import JobCancelled, TimeLimitExceeded, WarrenError

_ENTITIES = (
    '<?xml version="1.0"?><!DOCTYPE w [<!ENTITY a "aaaaaaaaaa">'
    + "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9))
    + ']><w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">'
    "<w:body><w:p><w:r><w:t>&j;</w:t></w:r></w:p></w:body></w:document>"
)


def refusal(
    folder: Path,
    content: bytes,
    name: str = "file.txt",
    media_type: str = "text/plain",
    **more: int,
) -> FileRefused:
    settings = {"memory": 256, "max_characters": 1_000_000} | more
    reader = FormatReader(field="file", **settings)
    with pytest.raises(FileRefused) as caught:
        reader.read(written(folder, content), name, media_type)
    assert caught.value.field == "file"
    return caught.value


def test_an_empty_file(tmp_path: Path) -> None:
    assert isinstance(refusal(tmp_path, b""), NoText)


def test_a_file_of_spaces(tmp_path: Path) -> None:
    assert isinstance(refusal(tmp_path, b" \n\t \n"), NoText)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "PNG"),
        (b"\x7fELF" + bytes(100), "program"),
        (b"\x1f\x8b\x08" + bytes(100), "gzip"),
        (zipped({"a.txt": "text"}), "archive"),
    ],
)
def test_what_holds_no_document_is_called_what_it_is(
    tmp_path: Path, content: bytes, words: str
) -> None:
    found = refusal(tmp_path, content, "report.pdf")

    assert isinstance(found, UnknownFormat)
    assert words in str(found)
    assert "report.pdf" in str(found)


@pytest.mark.parametrize("content", [bytes(range(256)) * 20, b"text\x00text" * 50])
def test_binary_data_that_is_called_a_text(tmp_path: Path, content: bytes) -> None:
    assert isinstance(refusal(tmp_path, content), UnknownFormat)


def test_a_pdf_with_a_password(tmp_path: Path) -> None:
    assert isinstance(refusal(tmp_path, encrypted_pdf("secret")), EncryptedFile)


@pytest.mark.parametrize("keep", [8, 200, 600])
def test_a_pdf_that_breaks_off(tmp_path: Path, keep: int) -> None:
    assert isinstance(refusal(tmp_path, pdf(BEES)[:keep]), BrokenFile | NoText)


def test_a_pdf_without_a_text(tmp_path: Path) -> None:
    assert "scan" in str(refusal(tmp_path, pdf("")))


def test_an_office_file_with_a_password_or_of_before_2007(tmp_path: Path) -> None:
    ole = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)

    assert isinstance(refusal(tmp_path, ole, "report.docx"), EncryptedFile)


def test_a_word_document_that_unpacks_to_gigabytes(tmp_path: Path) -> None:
    found = refusal(tmp_path, bomb("word/document.xml", 150), "report.docx")

    assert isinstance(found, TooLarge)


def test_a_workbook_of_thousands_of_parts(tmp_path: Path) -> None:
    parts = {f"xl/part{n}.xml": "" for n in range(10_001)} | {"xl/workbook.xml": ""}

    assert isinstance(refusal(tmp_path, zipped(parts)), TooLarge)


def test_a_document_whose_size_is_understated(tmp_path: Path) -> None:
    good = bytearray(docx_file(BEES * 100))
    name = good.rindex(b"word/document.xml")
    # The size stands 22 bytes before the name in the directory.
    good[name - 22 : name - 18] = (10).to_bytes(4, "little")

    assert isinstance(refusal(tmp_path, bytes(good)), BrokenFile)


@pytest.mark.parametrize("name", ["word/document.xml", "word/styles.xml"])
def test_a_word_document_with_exploding_entities(tmp_path: Path, name: str) -> None:
    found = refusal(tmp_path, with_part(docx_file(BEES), name, _ENTITIES))

    assert isinstance(found, BrokenFile)
    assert name in str(found)


def test_a_workbook_with_exploding_entities_in_another_encoding(tmp_path: Path) -> None:
    content = _ENTITIES.replace('version="1.0"', 'version="1.0" encoding="utf-16"').encode("utf-16")

    found = refusal(tmp_path, with_part(xlsx_file([[1]]), "xl/worksheets/sheet1.xml", content))

    assert isinstance(found, BrokenFile)


def test_a_workbook_that_claims_a_cell_in_the_last_row_and_column(tmp_path: Path) -> None:
    sheet = (
        '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        '<dimension ref="A1:XFD1048576"/><sheetData>'
        + "".join(f'<row r="{n}"><c r="XFD{n}"><v>1</v></c></row>' for n in range(1, 2_000))
        + '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData></worksheet>'
    )

    found = refusal(
        tmp_path,
        with_part(xlsx_file([[1]]), "xl/worksheets/sheet1.xml", sheet),
        max_characters=10_000,
    )

    assert isinstance(found, TooLarge)


@pytest.mark.parametrize("cut", [30, 300, 3_000])
def test_a_word_document_that_breaks_off(tmp_path: Path, cut: int) -> None:
    assert isinstance(refusal(tmp_path, docx_file(BEES)[:cut]), BrokenFile)


def test_a_page_of_elements_in_elements(tmp_path: Path) -> None:
    page = "<!doctype html>" + "<div>" * 100_000 + BEES

    assert "nested" in str(refusal(tmp_path, page.encode()))


def test_json_of_lists_in_lists(tmp_path: Path) -> None:
    assert isinstance(refusal(tmp_path, b"[" * 200_000, "deep.json"), BrokenFile)


def test_json_that_is_none(tmp_path: Path) -> None:
    assert "line 2" in str(refusal(tmp_path, b'{"a": 1,\n b}', "a.json"))


def test_a_table_with_an_endless_cell(tmp_path: Path) -> None:
    content = b'a,b\n"' + b"x" * 200_000

    assert "line" in str(refusal(tmp_path, content, "a.csv", "text/csv"))


def test_a_text_longer_than_may_be(tmp_path: Path) -> None:
    assert isinstance(refusal(tmp_path, b"bees " * 1_000, max_characters=1_000), TooLarge)


def _refused_for_its_memory(folder: Path) -> tuple[str, bool]:
    """What is said of the file, and whether the limit of the process is as before."""
    before = resource.getrlimit(resource.RLIMIT_DATA)
    content = json.dumps([{"a": n} for n in range(400_000)]).encode()

    found = refusal(folder, content, "a.json", memory=64, max_characters=10**9)

    assert isinstance(found, TooLarge)
    return str(found), resource.getrlimit(resource.RLIMIT_DATA) == before


def test_a_file_that_takes_more_memory_than_may_be(tmp_path: Path) -> None:
    # In a process of its own: this one may hold enough freed memory to need no more.
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as fresh:
        said, as_before = fresh.submit(_refused_for_its_memory, tmp_path).result(timeout=60)

    assert "64 MiB" in said
    assert as_before


@pytest.mark.parametrize("order", [TimeLimitExceeded("still running"), JobCancelled("not wanted")])
@pytest.mark.parametrize("is_wrapped", [False, True], ids=["as it is", "in a library's own error"])
def test_the_end_of_the_time_is_not_the_file_s_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, order: WarrenError, is_wrapped: bool
) -> None:
    # Given a run whose soft limit ends while it reads, as it may on a busy machine
    def slow(*_: object) -> None:
        try:
            raise order
        except WarrenError as error:
            if is_wrapped:
                raise RuntimeError("the stream ended") from error
            raise

    monkeypatch.setattr("sync_worker.adapters.text_reader.recognise", slow)
    reader = FormatReader(memory=256, max_characters=1_000, field="file")
    # Then it is tried again, and not refused
    with pytest.raises(type(order)) as caught:
        reader.read(written(tmp_path, b"text"), "file.txt", "text/plain")
    # And whoever looks for its causes comes to an end
    assert caught.value.__cause__ is None


def test_errors_that_name_each_other_as_their_causes_are_the_file_s_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = ValueError("first"), ValueError("second")
    first.__cause__, second.__cause__ = second, first

    def confused(*_: object) -> None:
        raise first

    monkeypatch.setattr("sync_worker.adapters.text_reader.recognise", confused)
    reader = FormatReader(memory=256, max_characters=1_000, field="file")
    with pytest.raises(BrokenFile, match="first"):
        reader.read(written(tmp_path, b"text"), "file.txt", "text/plain")
