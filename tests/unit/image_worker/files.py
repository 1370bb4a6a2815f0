"""Pictures to give to jobs, made here: good ones and hostile ones."""

import io
import struct
import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image


def gradient(width: int = 64, height: int = 48) -> NDArray[np.uint8]:
    """Red grows to the right, green downwards."""
    x = np.linspace(0, 255, width)[None, :]
    y = np.linspace(0, 255, height)[:, None]
    blue = np.full((height, width), 90)
    return np.stack(
        [np.broadcast_to(x, blue.shape), np.broadcast_to(y, blue.shape), blue], -1
    ).astype(np.uint8)


def file_of(pixels: NDArray[Any], form: str = "PNG", **options: Any) -> bytes:
    """The pixels as a file of that kind."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, form, **options)
    return file.getvalue()


def png_that_claims(width: int, height: int) -> bytes:
    """A valid PNG header with next to nothing behind it."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = zlib.compress(b"\0" * 1000)
    chunks = b"".join(
        _chunk(*each) for each in ((b"IHDR", header), (b"IDAT", body), (b"IEND", b""))
    )
    return b"\x89PNG\r\n\x1a\n" + chunks


def webp_that_claims(width: int, height: int) -> bytes:
    """An extended WebP header, and nothing behind it."""
    size = struct.pack("<I", width - 1)[:3] + struct.pack("<I", height - 1)[:3]
    chunk = b"VP8X" + struct.pack("<I", 10) + b"\x02\0\0\0" + size
    return b"RIFF" + struct.pack("<I", len(chunk) + 4) + b"WEBP" + chunk


def _chunk(kind: bytes, data: bytes) -> bytes:
    checksum = zlib.crc32(kind + data)
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", checksum)
