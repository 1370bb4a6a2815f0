"""What a provider sends: read no further than a picture can be, and decoded with care."""

import io

import httpx
import numpy as np
from PIL import Image, UnidentifiedImageError

from image_worker.adapters.provider_client import whole_answer
from image_worker.errors import ProviderGaveNoPicture
from image_worker.ports import Pixels

#: Bytes of an answer; a PNG of 2,048 by 2,048 pixels, in base64, has at most 17 million.
_MOST_BYTES = 32 << 20
_MOST_PIXELS = 4_096 * 4_096
_FORMATS = ("PNG", "JPEG", "WEBP")
_LONGEST_EXCERPT = 300


def read_answer(response: httpx.Response, provider: str) -> httpx.Response:
    """A streamed answer with its whole body; raises ProviderGaveNoPicture if it is too long."""
    too_long = ProviderGaveNoPicture(f"{provider} sends more than {_MOST_BYTES} bytes")
    return whole_answer(response, _MOST_BYTES, too_long)


def excerpt(content: bytes) -> str:
    """The beginning of what came in place of a picture, in one line."""
    words = " ".join(content[: 4 * _LONGEST_EXCERPT].decode("utf-8", "replace").split())
    return "".join(c for c in words if c.isprintable())[:_LONGEST_EXCERPT] or "nothing"


def picture_of(content: bytes, provider: str) -> Pixels:
    """The picture in a file; raises ProviderGaveNoPicture, saying what came instead."""
    try:
        with Image.open(io.BytesIO(content), formats=_FORMATS) as image:
            if image.width * image.height > _MOST_PIXELS:
                raise ProviderGaveNoPicture(
                    f"{provider} sent a picture of {image.width} by {image.height} pixels"
                )
            return np.asarray(image.convert("RGB"))
    except UnidentifiedImageError:
        raise ProviderGaveNoPicture(
            f"{provider} sent neither PNG, JPEG nor WebP, but: {excerpt(content)}"
        ) from None
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise ProviderGaveNoPicture(f"{provider} sent a damaged picture: {error}") from error
