"""All files of a form, one after the other, however the body is cut into pieces."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from gateway.artifacts.form import FormFiles
from gateway.problems import MalformedUpload

BODY = (
    b'--b\r\nContent-Disposition: form-data; name="before"\r\n\r\none\r\n'
    b'--b\r\nContent-Disposition: form-data; name="image"; filename="1.png"\r\n\r\nfirst\r\n'
    b'--b\r\nContent-Disposition: form-data; name="between"\r\n\r\ntwo\r\n'
    b'--b\r\nContent-Disposition: form-data; name="unread"; filename="2.png"\r\n\r\nsecond\r\n'
    b'--b\r\nContent-Disposition: form-data; name="empty"; filename=""\r\n\r\n\r\n'
    b'--b\r\nContent-Disposition: form-data; name="last"; filename="3.png"\r\n\r\nthird\r\n'
    b'--b\r\nContent-Disposition: form-data; name="after"\r\n\r\nthree\r\n--b--\r\n'
)


def _read(body: bytes, step: int) -> tuple[dict[str, tuple[str, bytes]], dict[str, str]]:
    async def pieces() -> AsyncIterator[bytes]:
        for start in range(0, len(body), step):
            yield body[start : start + step]

    async def read() -> tuple[dict[str, tuple[str, bytes]], dict[str, str]]:
        files = FormFiles("multipart/form-data; boundary=b", pieces())
        found = {}
        while (begun := await files.next()) is not None:
            if begun.field != "unread":
                content = b"".join([piece async for piece in files.content()])
                found[str(begun.field)] = (begun.filename, content)
        return found, files.fields

    return asyncio.run(read())


@pytest.mark.parametrize("step", [1, 3, 50, 10_000])
def test_files_and_texts_are_told_apart(step: int) -> None:
    files, texts = _read(BODY, step)

    assert files == {
        "image": ("1.png", b"first"),
        "empty": ("", b""),
        "last": ("3.png", b"third"),
    }
    assert texts == {"before": "one", "between": "two", "after": "three"}


@pytest.mark.parametrize("length", [0, 60, 150, 400, len(BODY) - 6])
def test_a_form_that_is_cut_off_is_refused(length: int) -> None:
    with pytest.raises(MalformedUpload):
        _read(BODY[:length], 16)
