"""Whatever bytes come as a picture: pixels within limits, or a refusal that names the field."""

from functools import cache

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from image_worker.adapters.picture_reading import PictureReader
from image_worker.ports import ReadPicture
from tests.unit.image_worker.files import file_of, gradient
from warren.errors import RejectedInput

READER = PictureReader(max_bytes=1 << 20, max_pixels=100_000)
KINDS = ("PNG", "JPEG", "WEBP")


@cache
def sound_file(kind: str) -> bytes:
    noise = np.random.default_rng(2).integers(0, 99, (48, 64, 3), np.uint8)
    return file_of(gradient() // 2 + noise, kind)


def outcome_of(data: bytes) -> ReadPicture | str | None:
    """The picture, or the field that is named by the refusal."""
    try:
        return READER.read(data, "image")
    except RejectedInput as refusal:
        return refusal.field


@settings(
    max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)
@given(
    kind=st.sampled_from(KINDS),
    edits=st.lists(st.tuples(st.integers(0, 4_000), st.binary(min_size=1, max_size=4)), max_size=5),
    cut=st.integers(0, 6_000),
)
def test_a_file_with_broken_bytes_is_read_or_refused(
    kind: str, edits: list[tuple[int, bytes]], cut: int
) -> None:
    data = bytearray(sound_file(kind))
    for place, replacement in edits:
        start = place % len(data)
        data[start : start + len(replacement)] = replacement
    broken = bytes(data[: max(1, len(data) - cut)]) if cut % 3 else bytes(data)

    outcome = outcome_of(broken)

    if isinstance(outcome, ReadPicture):
        assert outcome.pixels.dtype == np.uint8
        assert outcome.pixels.shape[2] == 3
        assert outcome.size[0] * outcome.size[1] <= 100_000
    else:
        assert outcome == "image"


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.sampled_from([b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"RIFF\0\0\0\0WEBPVP8X"]),
       st.binary(max_size=200))  # fmt: skip
def test_bytes_that_are_no_picture_are_refused(beginning: bytes, rest: bytes) -> None:
    assert outcome_of(beginning + rest) == "image"
