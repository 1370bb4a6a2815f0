"""Files that people send become upright sRGB pixels, or a refusal that says what is wrong."""

import io

import numpy as np
import pytest
from PIL import Image, ImageCms

from image_worker.adapters.picture_reading import PictureReader
from image_worker.errors import PictureNotReadable, PictureTooLarge, PictureTooSmall
from tests.unit.image_worker.files import file_of, gradient, png_that_claims, webp_that_claims
from warren.errors import RejectedInput

READER = PictureReader(max_bytes=1 << 20, max_pixels=4_000_000)


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP"])
def test_png_jpeg_and_webp_are_read(form: str) -> None:
    read = READER.read(file_of(gradient(), form, quality=95), "image")

    assert read.size == (64, 48)
    assert read.alpha is None
    assert abs(read.pixels.astype(int) - gradient()).mean() < 6


@pytest.mark.parametrize(
    ("data", "error", "words"),
    [
        (b"", PictureNotReadable, "an empty file"),
        (b"GIF89a" + b"\0" * 40, PictureNotReadable, "a GIF"),
        (b'<?xml version="1.0"?><svg onload="x()"/>', PictureNotReadable, "an SVG"),
        (b"%PDF-1.7\n", PictureNotReadable, "a PDF"),
        (b"just words", PictureNotReadable, "something else"),
        (file_of(gradient())[:90], PictureNotReadable, "damaged or cut off"),
        (file_of(gradient(), "JPEG")[:400], PictureNotReadable, "damaged or cut off"),
        (file_of(gradient(), "WEBP")[:120], PictureNotReadable, "damaged or cut off"),
        (b"RIFF\0\0\0\0WEBPnone", PictureNotReadable, "header is damaged"),
        (png_that_claims(50_000, 50_000), PictureTooLarge, "at most 4,000,000"),
        (png_that_claims(30_000, 100), PictureTooLarge, "30000 × 100"),
        (webp_that_claims(16_000, 16_000), PictureTooLarge, "16000 × 16000"),
        (file_of(gradient(1, 1)), PictureTooSmall, "1 × 1"),
        (file_of(gradient(2000, 4)), PictureTooSmall, "at least 16 × 16"),
        (b"\x89PNG" + b"\0" * (1 << 20), PictureTooLarge, "more than 1,048,576"),
    ],
)
def test_bad_files_are_refused_by_field_and_reason(
    data: bytes, error: type[RejectedInput], words: str
) -> None:
    with pytest.raises(error) as refusal:
        READER.read(data, "target_image")

    assert refusal.value.field == "target_image"
    assert words in str(refusal.value)


def test_a_png_without_height_is_refused() -> None:
    with pytest.raises(RejectedInput):
        READER.read(png_that_claims(100, 0), "image")


@pytest.mark.parametrize("form", ["PNG", "WEBP"])
def test_animated_pictures_are_refused(form: str) -> None:
    frames = [Image.fromarray(gradient()), Image.fromarray(255 - gradient())]
    file = io.BytesIO()
    frames[0].save(file, form, save_all=True, append_images=frames[1:], duration=100)

    with pytest.raises(PictureNotReadable, match="animated"):
        READER.read(file.getvalue(), "image")


def test_the_orientation_that_a_camera_noted_is_applied() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by 90 degrees

    read = READER.read(file_of(gradient(), "JPEG", exif=exif, quality=95), "image")

    assert read.size == (48, 64)
    # What was at the left, dark in red, is at the top.
    assert read.pixels[2, :, 0].mean() < 20 < 200 < read.pixels[-3, :, 0].mean()


def test_sixteen_bits_become_eight() -> None:
    grey = np.linspace(0, 65_535, 64 * 48).reshape(48, 64).astype(np.uint16)

    read = READER.read(file_of(grey), "image")

    assert read.pixels.shape == (48, 64, 3)
    assert abs(read.pixels[..., 0].astype(int) - (grey // 257)).max() <= 1


def test_cmyk_is_converted() -> None:
    red = Image.new("CMYK", (32, 32), (0, 255, 255, 0))
    file = io.BytesIO()
    red.save(file, "JPEG", quality=95)

    read = READER.read(file.getvalue(), "image")

    assert read.pixels[16, 16, 0] > 200 > 80 > read.pixels[16, 16, 1]


def test_a_colour_profile_is_converted_to_srgb() -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB"))
    picture = Image.new("RGB", (32, 32), (200, 100, 50))
    plain, wrong = io.BytesIO(), io.BytesIO()
    picture.save(plain, "PNG")
    # A profile for other channels must not turn colours upside down.
    picture.save(wrong, "PNG", icc_profile=profile.tobytes())

    assert READER.read(wrong.getvalue(), "image").pixels[5, 5].tolist() == [200, 100, 50]
    assert READER.read(plain.getvalue(), "image").pixels[5, 5].tolist() == [200, 100, 50]


def test_transparency_is_kept_apart() -> None:
    pixels = np.dstack([gradient(), np.full((48, 64), 120, np.uint8)])
    pixels[:10, :, 3] = 0

    read = READER.read(file_of(pixels), "image")

    assert read.alpha is not None
    assert (read.alpha[0, 0], read.alpha[20, 0]) == (0, 120)
    assert read.pixels.shape == (48, 64, 3)


def test_what_is_hidden_behind_a_picture_is_left_behind() -> None:
    hidden = file_of(gradient()) + b"PK\x03\x04<script>alert(1)</script>"

    read = READER.read(hidden, "image")

    assert b"script" not in file_of(read.pixels)
