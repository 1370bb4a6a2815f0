"""Files as programs write them, and texts that only begin like such."""

import bz2
import gzip
import io
import lzma
import sqlite3
import sys
import wave
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from fpdf import FPDF
from PIL import Image

from warren.cli.demo.book import as_epub
from warren.file_signatures import HEAD_BYTES, MEDIA_TYPES, is_archive, is_pdf, media_type_of


def _picture(kind: str) -> bytes:
    target = io.BytesIO()
    Image.new("RGB", (3, 2)).save(target, kind)
    return target.getvalue()


def _wav() -> bytes:
    target = io.BytesIO()
    with wave.open(target, "wb") as file:
        file.setparams((1, 2, 8_000, 0, "NONE", ""))
        file.writeframes(b"\0" * 100)
    return target.getvalue()


def _zip() -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("word/document.xml", "<x/>")
    return target.getvalue()


def _pdf() -> bytes:
    pdf = FPDF()
    pdf.add_page()
    return bytes(pdf.output())


def _database() -> bytes:
    with sqlite3.connect(":memory:") as connection:
        connection.execute("CREATE TABLE t (n)")
        return connection.serialize()


WRITTEN: dict[str, Callable[[], bytes]] = {
    "image/png": lambda: _picture("PNG"),
    "image/jpeg": lambda: _picture("JPEG"),
    "image/gif": lambda: _picture("GIF"),
    "image/webp": lambda: _picture("WEBP"),
    "image/tiff": lambda: _picture("TIFF"),
    "audio/wav": _wav,
    "application/pdf": _pdf,
    "application/epub+zip": as_epub,
    "application/zip": _zip,
    "application/gzip": lambda: gzip.compress(b"x"),
    "application/x-bzip2": lambda: bz2.compress(b"x"),
    "application/x-xz": lambda: lzma.compress(b"x"),
    "application/vnd.sqlite3": _database,
    "application/x-executable": lambda: Path(sys.executable).read_bytes(),
    # What nothing here writes, by its specification.
    "audio/mpeg": lambda: b"ID3\x04\0\0\0\0\0\x10" + bytes(64),
    "audio/flac": lambda: b"fLaC\0\0\0\x22" + bytes(64),
    "audio/ogg": lambda: b"OggS\0\x02" + bytes(64),
    "video/webm": lambda: b"\x1aE\xdf\xa3\x9fB\x86" + bytes(64),
    "video/mp4": lambda: b"\0\0\0\x20ftypisom" + bytes(64),
    "application/x-7z-compressed": lambda: b"7z\xbc\xaf\x27\x1c\0\x04" + bytes(64),
    "application/vnd.rar": lambda: b"Rar!\x1a\x07\x01\0" + bytes(64),
    "application/rtf": lambda: b"{\\rtf1\\ansi Hello}",
    "application/vnd.microsoft.portable-executable": lambda: b"MZ\x90\0\x03" + bytes(64),
}


def test_every_type_that_is_told_is_tried() -> None:
    assert set(WRITTEN) == MEDIA_TYPES


@pytest.mark.parametrize("media_type", sorted(WRITTEN))
def test_a_file_is_told_by_its_beginning(media_type: str) -> None:
    assert media_type_of(WRITTEN[media_type]()[:HEAD_BYTES]) == media_type


@pytest.mark.parametrize(
    "text",
    [
        *("MZ is what Zbikowski's initials are, and this is a text that says so at length.", "MZ"),
        *("BZh", "ID3 tags are old", "RIFFs and melodies", "GIF8 is no format", "Rar!", "7z"),
        # The last two, in one byte each, as sound without a tag and as JPEG.
        *("OggS", "fLaC", "PK was here", "%PDF", "<html>", "\ufeffText", "", "ÿûbermut", "ÿØber"),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "utf-16"])
def test_a_text_that_begins_alike_is_nothing_else(text: str, encoding: str) -> None:
    assert media_type_of(text.encode(encoding, "replace")[:HEAD_BYTES]) is None


@pytest.mark.parametrize("before", [b"", b"PK00", b"PK\x07\x08"])
@pytest.mark.parametrize("content", [_zip(), as_epub(), b"PK\x05\x06" + bytes(18)])
def test_an_archive_may_be_empty_and_a_part_of_several(before: bytes, content: bytes) -> None:
    assert is_archive(before + content)


def test_a_pdf_that_is_called_one_may_have_anything_before_its_mark() -> None:
    content = b"HTTP/1.1 200 OK\r\n\r\n" + _pdf()

    assert is_pdf(content, is_claimed=True)
    assert not is_pdf(content, is_claimed=False)
    assert not is_pdf(bytes(1020) + _pdf(), is_claimed=True)


@pytest.mark.parametrize("before", [b"", b"\xef\xbb\xbf", b"\r\n"])
def test_a_pdf_is_one_behind_a_byte_order_mark_and_spaces_whatever_it_is_called(
    before: bytes,
) -> None:
    assert is_pdf(before + _pdf(), is_claimed=False)
