"""Files become pixels: PNG, JPEG and WebP, upright, in sRGB, within limits.

Sizes are checked before anything is decoded, so a file of a few bytes that claims a billion pixels
costs nothing.
"""

import io
import struct
import warnings
import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image, ImageCms, ImageOps

from image_worker.adapters.picture_kinds import name_of_other, webp_size
from image_worker.errors import PictureNotReadable, PictureTooLarge, PictureTooSmall
from image_worker.ports import ReadPicture

_FORMATS = ("PNG", "JPEG", "WEBP")
#: What some cameras make of a JPEG: further pictures follow the first, which is the one.
_MANY_IN_ONE = "MPO"
_BEGINNINGS = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"RIFF")
#: Nothing can be done with less, and a longer strip is no picture.
MIN_SIDE, MAX_SIDE = 16, 16_383
#: What Pillow's decoders raise for damaged files.
_DAMAGED = (
    OSError, SyntaxError, ValueError, EOFError, IndexError, KeyError, TypeError, OverflowError,
    struct.error, zlib.error,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class PictureReader:
    """Reads files of at most `max_bytes` and `max_pixels`."""

    max_bytes: int
    max_pixels: int

    def check_size(self, size: int, field: str) -> None:
        """Raises PictureTooLarge for a file of `size` bytes."""
        if size > self.max_bytes:
            raise PictureTooLarge(
                f"the file has {size:,} bytes, more than {self.max_bytes:,}", field=field
            )

    def read(self, data: bytes, field: str) -> ReadPicture:
        """The picture; raises PictureNotReadable, PictureTooLarge and PictureTooSmall for `field`.

        The orientation that a camera noted is applied, colour profiles and other colour spaces are
        converted, 16 bits become 8, and nothing else of the file is kept.
        """
        self.check_size(len(data), field)
        with warnings.catch_warnings():
            # The limit is checked here, and is lower than the one Pillow warns of.
            warnings.simplefilter("ignore")
            with self._opened(data, field) as picture:
                self._check(picture, field)
                try:
                    return _decoded(picture)
                except _DAMAGED as error:
                    raise PictureNotReadable(
                        f"the picture is damaged or cut off: {error}", field=field
                    ) from error

    def _opened(self, data: bytes, field: str) -> Image.Image:
        if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
            self._check_webp(data, field)
        try:
            return Image.open(io.BytesIO(data), formats=_FORMATS)
        except Image.DecompressionBombError as error:
            raise PictureTooLarge(self._too_large("far too many"), field=field) from error
        except _DAMAGED as error:
            raise PictureNotReadable(_why_not(data), field=field) from error

    def _check_webp(self, data: bytes, field: str) -> None:
        size = webp_size(data)
        if size is None:
            raise PictureNotReadable("the WebP file's header is damaged", field=field)
        if size[0] * size[1] > self.max_pixels:
            raise PictureTooLarge(self._too_large(f"{size[0]} × {size[1]}"), field=field)

    def _check(self, picture: Image.Image, field: str) -> None:
        width, height = picture.size
        if width * height > self.max_pixels or max(width, height) > MAX_SIDE:
            raise PictureTooLarge(self._too_large(f"{width} × {height}"), field=field)
        if min(width, height) < MIN_SIDE:
            raise PictureTooSmall(
                f"the picture has {width} × {height} pixels: at least {MIN_SIDE} × {MIN_SIDE} "
                "are needed",
                field=field,
            )
        if picture.format != _MANY_IN_ONE and getattr(picture, "is_animated", False):
            raise PictureNotReadable("the picture is animated: send one frame of it", field=field)

    def _too_large(self, found: str) -> str:
        return (
            f"the picture has {found} pixels: at most {self.max_pixels:,} in all, and "
            f"{MAX_SIDE:,} a side"
        )


def _why_not(data: bytes) -> str:
    if data.startswith(_BEGINNINGS):
        return "the picture is damaged or cut off"
    return f"the file is {name_of_other(data)}: send a PNG, JPEG or WebP"


def _decoded(picture: Image.Image) -> ReadPicture:
    picture.load()
    profile = picture.info.get("icc_profile")
    upright = ImageOps.exif_transpose(picture)
    eight_bits = _with_eight_bits(upright)
    alpha = None
    if eight_bits.mode in {"RGBA", "LA", "PA"} or "transparency" in eight_bits.info:
        eight_bits = eight_bits.convert("RGBA")
        alpha = np.asarray(eight_bits.getchannel("A"))
    coloured = _in_srgb(eight_bits, profile)
    return ReadPicture(np.asarray(coloured), None if alpha is None or alpha.min() == 255 else alpha)


def _with_eight_bits(picture: Image.Image) -> Image.Image:
    if not picture.mode.startswith("I") and picture.mode != "F":
        return picture
    values = np.asarray(picture)
    # A 16-bit grey picture comes with whole numbers up to 65,535.
    return Image.fromarray((np.clip(values, 0, 65_535) // 257).astype(np.uint8))


def _in_srgb(picture: Image.Image, profile: Any) -> Image.Image:
    if profile and picture.mode in {"RGB", "RGBA", "CMYK", "L"}:
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            bare = picture.convert("RGB") if picture.mode == "RGBA" else picture
            converted = ImageCms.profileToProfile(
                bare, source, ImageCms.createProfile("sRGB"), outputMode="RGB"
            )
        except (ImageCms.PyCMSError, OSError, TypeError, ValueError):
            # A profile that is broken, or for other channels, says nothing about these colours.
            return picture.convert("RGB")
        if converted is not None:
            return converted
    return picture.convert("RGB")
