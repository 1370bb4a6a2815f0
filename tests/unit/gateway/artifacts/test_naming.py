"""Names and media types that clients give to files."""

import pytest

from gateway.artifacts.naming import UploadName, attachment, clean_name, disposition_filename


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("a.txt", "a.txt"),
        ("../../etc/passwd", "passwd"),
        ("C:\\music\\Звук.mp3", "Звук.mp3"),
        ("a\r\nSet-Cookie: x", "aSet-Cookie: x"),
        ("..", "upload"),
        ("", "upload"),
        (None, "upload"),
        ("x" * 300 + ".wav", "x" * 251 + ".wav"),
    ],
)
def test_a_name_is_the_printable_last_part_of_a_path(given: str | None, name: str) -> None:
    assert clean_name(given) == name


@pytest.mark.parametrize(
    ("given", "media_type"),
    [
        ("audio/wav", "audio/wav"),
        ("text/plain; charset=utf-8", "text/plain; charset=utf-8"),
        ("application/x-www-form-urlencoded", "application/octet-stream"),
        ("nonsense", "application/octet-stream"),
        ("text/html\r\nX: y", "application/octet-stream"),
        (None, "application/octet-stream"),
    ],
)
def test_only_media_types_are_kept(given: str | None, media_type: str) -> None:
    assert UploadName.of("a", given).media_type == media_type


def test_both_forms_of_a_file_name_are_read() -> None:
    plain = {"content-disposition": 'attachment; filename="a b.txt"'}
    encoded = {"content-disposition": "attachment; filename*=UTF-8''%D0%B6.txt"}
    assert disposition_filename(plain) == "a b.txt"
    assert disposition_filename(encoded) == "ж.txt"
    assert disposition_filename({}) is None


def test_a_download_header_holds_any_name() -> None:
    header = attachment('ж".txt')
    assert header == "attachment; filename=\"__.txt\"; filename*=UTF-8''%D0%B6%22.txt"


@pytest.mark.parametrize("codec", ["idna", "punycode", "undefined", "no-such-codec", "base64"])
def test_a_file_name_in_a_codec_that_fails_is_no_name(codec: str) -> None:
    header = {"content-disposition": f"attachment; filename*={codec}''x%ff"}
    assert clean_name(disposition_filename(header))
