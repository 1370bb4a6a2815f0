"""What a file is: by its content, and its name must agree."""

import io
import zipfile

import pytest

from gateway.documents.problems import UnusableFile
from gateway.documents.recognition import DOCX, EPUB, XLSX, Recogniser


def _recognised(name: str, content: bytes, step: int) -> str:
    recogniser = Recogniser()
    for start in range(0, len(content), step):
        recogniser.feed(content[start : start + step])
    return recogniser.media_type(name)


def _zip(*names: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        for name in names:
            packed.writestr(name, "content " * 50)
    return file.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "media_type"),
    [
        ("a.txt", "Открыто с девяти".encode("cp1251"), "text/plain"),
        ("a.txt", "Mở cửa".encode("utf-16"), "text/plain"),
        ("a.md", b"# Title", "text/markdown"),
        ("a.HTML", b"<p>Hi</p>", "text/html"),
        ("page", b"  <!DOCTYPE html><p>Hi</p>", "text/html"),
        ("a.csv", b"a,b\n1,2", "text/csv"),
        ("a.json", b"{}", "application/json"),
        ("a.pdf", b"%PDF-1.7 rest", "application/pdf"),
        ("nameless", b"%PDF-1.7 rest", "application/pdf"),
        ("nameless", b"\xef\xbb\xbf%PDF-1.7 rest", "application/pdf"),
        ("a.pdf", b"\xef\xbb\xbf%PDF-1.7 rest", "application/pdf"),
        ("a.pdf", b"Content-Type: pdf\n\n%PDF-1.7 rest", "application/pdf"),
        ("a.txt", b"A PDF begins with %PDF-1.7.", "text/plain"),
        ("a.txt", b"PK is what archives with word/document.xml begin with.", "text/plain"),
        ("a.docx", b"PK00" + _zip("word/document.xml"), DOCX),
        ("a.docx", _zip("[Content_Types].xml", "word/document.xml"), DOCX),
        ("a.xlsx", _zip("[Content_Types].xml", "xl/workbook.xml"), XLSX),
        ("a.epub", _zip("mimetype", "META-INF/container.xml"), EPUB),
        ("version 1.2", b"text", "text/plain"),
    ],
)
@pytest.mark.parametrize("step", [1, 7, 4096], ids="in pieces of {} B".format)
def test_a_known_file_is_recognised(name: str, content: bytes, media_type: str, step: int) -> None:
    assert _recognised(name, content, step) == media_type


@pytest.mark.parametrize(
    ("name", "content", "word"),
    [
        ("a.txt", b"", "0 bytes"),
        ("a.txt", b"  \n\t ", "nothing but spaces"),
        ("a.txt", b"%PDF-1.7 rest", "application/pdf"),
        ("a.pdf", b"Just text.", "no pdf"),
        ("a.docx", _zip("xl/workbook.xml"), "no docx"),
        ("a.docx", _zip("other.txt"), "no docx"),
        ("a.zip", _zip("other.txt"), "known format"),
        ("a.exe", b"MZ" + bytes(range(256)) * 4, "known format"),
        ("a.txt", b"text\x00with nothing", "known format"),
        ("a.py", b"import os", ".py"),
    ],
)
def test_what_cannot_be_used_is_refused(name: str, content: bytes, word: str) -> None:
    with pytest.raises(UnusableFile) as refusal:
        _recognised(name, content, step=7)

    assert word in refusal.value.detail
    assert refusal.value.errors[0].field == "file"
