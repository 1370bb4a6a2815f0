"""What a file is kept as: its content is believed before its client."""

import pytest

from gateway.artifacts.recognising import Beginning

PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)
ZIP = b"PK\x03\x04" + bytes(60)
EPUB = b"PK\x03\x04" + bytes(26) + b"mimetypeapplication/epub+zip"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def _kept(content: bytes, claimed: str, piece: int = 7) -> str:
    beginning = Beginning()
    pieces = [content[start : start + piece] for start in range(0, len(content), piece)]
    assert b"".join(beginning.of(iter(pieces))) == content
    return beginning.kept_type(claimed)


@pytest.mark.parametrize("claimed", ["text/html", "application/octet-stream", "image/jpeg", "a/b"])
@pytest.mark.parametrize("piece", [1, 1000])
def test_a_claim_that_the_content_contradicts_is_corrected(claimed: str, piece: int) -> None:
    assert _kept(PNG, claimed, piece) == "image/png"


@pytest.mark.parametrize("claimed", ["image/png", "audio/wav", "application/pdf", "image/jpg"])
@pytest.mark.parametrize("content", [b"<script>alert(1)</script>", b"", b"\x89PN", bytes(200)])
def test_what_is_not_what_it_is_called_is_not_known(claimed: str, content: bytes) -> None:
    assert _kept(content, claimed) == "application/octet-stream"


@pytest.mark.parametrize(
    ("content", "claimed"),
    [
        (PNG, "image/png"),
        (PNG, "image/png; a=b"),
        (ZIP, "application/zip"),
        (ZIP, DOCX),
        (ZIP, "application/epub+zip"),
        (EPUB, "application/epub+zip"),
        (b"RIFF\0\0\0\0WAVE", "audio/x-wav"),
        (b"OggS\0\x02", "audio/opus"),
        (b"\0\0\0\x20ftypheic", "image/heic"),
        (b"text", "text/plain; charset=utf-8"),
        (b"<html>", "text/html"),
        (b"{}", "application/json"),
        (b"\xff\xfb\x90", "audio/mpeg"),
        (bytes(9), "application/octet-stream"),
        # Unusual, and read by every reader of such files.
        (b"\n%PDF-1.4", "application/pdf"),
        (b"\xef\xbb\xbf%PDF-1.4", "application/pdf"),
        (b"@PJL\n" * 200 + b"%PDF-1.4", "application/pdf"),
        (b"II+\0\x08\0\0\0", "image/tiff"),
        (b"MM\0+\0\x08\0\0", "image/tiff"),
        (b"RF64\xff\xff\xff\xffWAVE", "audio/wav"),
        (b"PK00PK\x03\x04" + bytes(60), "application/zip"),
        (b"PK\x07\x08PK\x03\x04" + bytes(60), DOCX),
        (b"#!/bin/sh\n" + ZIP, "application/zip"),
    ],
)
def test_a_claim_that_may_be_true_is_kept(content: bytes, claimed: str) -> None:
    assert _kept(content, claimed) == claimed


@pytest.mark.parametrize(
    ("content", "claimed", "kept"),
    [
        (ZIP, "application/pdf", "application/zip"),
        (ZIP, "text/plain", "application/zip"),
        (EPUB, "application/zip", "application/epub+zip"),
        (b"\x7fELF\x02", "image/png", "application/x-executable"),
        (b"%PDF-1.7", "application/json", "application/pdf"),
        (b" \n%PDF-1.7", "text/plain", "application/pdf"),
        (bytes(1024) + b"%PDF-1.7", "application/pdf", "application/octet-stream"),
    ],
)
def test_another_known_type_is_named_as_what_it_is(content: bytes, claimed: str, kept: str) -> None:
    assert _kept(content, claimed) == kept
