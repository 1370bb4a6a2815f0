"""The first file of a form, however the body is cut into pieces."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from gateway.artifacts.multipart import FirstFile
from gateway.problems import MalformedUpload

BODY = (
    b'--b\r\nContent-Disposition: form-data; name="note"\r\n\r\nskip me\r\n'
    b'--b\r\nContent-Disposition: form-data; name="file"; filename="\xd0\xb6.txt"\r\n'
    b"Content-Type: text/plain\r\n\r\nline\r\n--not the end\r\n\r\n"
    b'--b\r\nContent-Disposition: form-data; name="more"; filename="2.txt"\r\n\r\nno\r\n--b--\r\n'
)


def _read(body: bytes, step: int) -> tuple[FirstFile, bytes]:
    file = FirstFile("multipart/form-data; boundary=b")

    async def pieces() -> AsyncIterator[bytes]:
        for start in range(0, len(body), step):
            yield body[start : start + step]

    async def read() -> bytes:
        return b"".join([part async for part in file.content(pieces())])

    return file, asyncio.run(read())


@pytest.mark.parametrize("step", [1, 2, 7, 64, 10_000])
def test_the_first_file_is_read_from_pieces_of_any_size(step: int) -> None:
    file, content = _read(BODY, step)
    assert content == b"line\r\n--not the end\r\n"
    assert file.described is not None
    assert (file.described.name, file.described.media_type) == ("ж.txt", "text/plain")


@pytest.mark.parametrize("length", [3, 60, 150, 200, len(BODY) - 6])
def test_a_body_that_is_cut_off_is_refused(length: int) -> None:
    with pytest.raises(MalformedUpload):
        _read(BODY[:length], 16)


def test_a_form_needs_a_boundary() -> None:
    with pytest.raises(MalformedUpload):
        FirstFile("multipart/form-data")


def test_a_form_of_very_many_parts_is_not_read_to_its_end() -> None:
    part = b'--b\r\nContent-Disposition: form-data; name="n"\r\n\r\n\r\n'

    with pytest.raises(MalformedUpload, match="more than 100 parts"):
        _read(part * 101, 10_000)
