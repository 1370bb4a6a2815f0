"""Larger, cleaner, livelier pictures."""

import cv2
import numpy as np

from image_worker.arrays import Floats, whole
from image_worker.errors import OptionsDoNotFit, PictureTooLarge
from image_worker.ports import Enlarger, Mask, Pixels, Progress
from warren.contracts.images import EnhanceImage, PictureFormat

#: Percent done when enlarging begins and has ended.
_BEGUN, _ENLARGED = 25.0, 80.0
#: Pixels a side that a WebP can have.
_LONGEST_WEBP = 16_383


def check_scale(size: tuple[int, int], scale: int, most: int) -> None:
    """Raises PictureTooLarge if the result would have more than `most` pixels."""
    width, height = size[0] * scale, size[1] * scale
    if width * height > most:
        raise PictureTooLarge(
            f"{scale} times as large it would have {width} × {height} pixels: at most {most:,} in "
            "all. Give a smaller scale",
            field="scale",
        )


def check_format(size: tuple[int, int], scale: int, form: PictureFormat) -> None:
    """Raises OptionsDoNotFit if files of that kind cannot hold the result."""
    longest = max(size) * scale
    if form is PictureFormat.WEBP and longest > _LONGEST_WEBP:
        raise OptionsDoNotFit(
            f"a WebP has at most {_LONGEST_WEBP:,} pixels a side, the result {longest:,}: give png",
            field="output_format",
        )


def enhance(job: EnhanceImage, pixels: Pixels, enlarger: Enlarger, progress: Progress) -> Pixels:
    """The picture after all steps that the job asks for, in their order."""
    result = pixels
    if job.denoise > 0:
        progress(10, "denoising")
        result = denoised(result, job.denoise)
    if job.scale > 1:
        progress(_BEGUN, "enlarging")

        def steps(done: int, total: int) -> None:
            share = (_ENLARGED - _BEGUN) * done / total
            progress(_BEGUN + share, f"tile {done} of {total}")

        result = enlarger.enlarge(result, job.scale, steps)
    progress(_ENLARGED, "colours")
    if job.white_balance:
        result = balanced(result)
    if job.contrast > 0:
        result = with_contrast(result, job.contrast)
    if job.sharpen > 0:
        result = sharpened(result, job.sharpen)
    return result


def enlarged_alpha(alpha: Mask | None, scale: int) -> Mask | None:
    """Opacity for an enlarged picture."""
    if alpha is None or scale == 1:
        return alpha
    large = cv2.resize(alpha, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
    return np.asarray(large, np.uint8)


def denoised(pixels: Pixels, amount: float) -> Pixels:
    """Non-local means (Buades et al., 2005), in strips that see a little of each other."""
    strength, margin, strip = 2 + 10 * amount, 16, 512
    result = np.empty_like(pixels)
    for top in range(0, pixels.shape[0], strip):
        first = max(0, top - margin)
        part = np.ascontiguousarray(pixels[first : top + strip + margin])
        clean = cv2.fastNlMeansDenoisingColored(part, None, strength, strength, 5, 15)
        result[top : top + strip] = clean[top - first : top - first + strip]
    return result


def balanced(pixels: Pixels) -> Pixels:
    """The brightest and darkest per cent of each channel become neutral, within reason."""
    sample = pixels[:: max(1, pixels.shape[0] // 512), :: max(1, pixels.shape[1] // 512)]
    low = np.percentile(sample.reshape(-1, 3), 1, axis=0)
    high = np.percentile(sample.reshape(-1, 3), 99, axis=0)
    grey_low, grey_high = low.mean(), high.mean()
    gain = np.clip((grey_high - grey_low) / np.maximum(high - low, 1), 0.5, 2.0)
    values = np.arange(256, dtype=np.float32)[:, None]
    return _looked_up(pixels, (values - low) * gain + grey_low)


def with_contrast(pixels: Pixels, amount: float) -> Pixels:
    """Local contrast of the lightness (CLAHE, Zuiderveld, 1994); colours stay."""
    lab = cv2.cvtColor(pixels, cv2.COLOR_RGB2LAB)
    tuned = cv2.createCLAHE(clipLimit=2.5, tileGridSize=(8, 8)).apply(lab[..., 0])
    lab[..., 0] = cv2.addWeighted(tuned, amount, lab[..., 0], 1 - amount, 0)
    return np.asarray(cv2.cvtColor(lab, cv2.COLOR_LAB2RGB), np.uint8)


def sharpened(pixels: Pixels, amount: float) -> Pixels:
    """Unsharp mask."""
    blurred = cv2.GaussianBlur(pixels, (0, 0), 1.2)
    return np.asarray(
        cv2.addWeighted(pixels, 1 + 1.5 * amount, blurred, -1.5 * amount, 0), np.uint8
    )


def _looked_up(pixels: Pixels, table: Floats) -> Pixels:
    values = whole(table)
    channels = [cv2.LUT(pixels[..., channel], values[:, channel]) for channel in range(3)]
    return np.dstack(channels).astype(np.uint8)
